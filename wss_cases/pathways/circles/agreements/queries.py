"""Queries: agreements, their terms, and who may sign."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.grants import holders
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.pathways.circles.circle.models import CircleSupporter
from wss_cases.pathways.circles.circle.queries import keeper_rows, keepers_of
from wss_cases.pathways.circles.circle.rules import sees_terms
from wss_cases.pathways.circles.requirements.queries import Circle
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import StaffMember
from wss_cases.training.records.models import names_of

STAFF_KEY = "staff-"
"""The prefix of a staff account's id in forms that choose who is responsible for a term."""


@dataclass(frozen=True)
class Signer:
    """A person who may sign. `key` is "party", "supporter" or "keeper" with an id, as forms send it."""

    kind: str
    id: int
    name: str

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.id}"


def get_term(actor: Actor, term_id: int) -> tuple[AgreementTerm, Agreement]:
    """A term with its agreement, at one of the actor's schools. Raises NotFound."""
    statement = select(AgreementTerm, Agreement).join(Agreement).where(AgreementTerm.id == term_id)
    term_row = existing(db.session.execute(statement.where(in_view(Agreement, actor, *CASE_TEAM))).first())
    return term_row[0], term_row[1]


def term_of_follow_up(actor: Actor, follow_up_id: int) -> tuple[AgreementTerm, Agreement]:
    """The term that a follow-up is about, with its agreement. Raises NotFound."""
    term_id = existing(db.session.scalar(select(AgreementTerm.id).where(AgreementTerm.follow_up_id == follow_up_id)))
    return get_term(actor, term_id)


def open_terms_of(case_id: int) -> list[AgreementTerm]:
    """The open terms of a case's agreements; the caller has checked the case."""
    statement = (
        select(AgreementTerm)
        .join(Agreement)
        .where(Agreement.case_id == case_id, AgreementTerm.state == "open")
        .order_by(AgreementTerm.due_on, AgreementTerm.id)
    )
    return list(db.session.scalars(statement))


def supporters_of(pathway_id: int) -> list[CircleSupporter]:
    """The supporters of a circle's parties, by id; the caller has checked the circle."""
    statement = select(CircleSupporter).where(CircleSupporter.pathway_id == pathway_id)
    return list(db.session.scalars(statement.order_by(CircleSupporter.id)))


def signers_of(row: Pathway, circle: Circle) -> list[Signer]:
    """Who may sign a circle's agreement: its parties, the supporters still invited, its keepers."""
    parties = [Signer("party", key, name) for key, name in circle.names.items()]
    supporters = [
        Signer("supporter", supporter.id, supporter.name)
        for supporter in supporters_of(row.id)
        if supporter.ended_at is None
    ]
    keepers = [Signer("keeper", key, name) for key, name in keepers_of(row.id).items()]
    return [*parties, *supporters, *keepers]


def staff_of(school_id: int, day: date) -> dict[int, str]:
    """Staff of a school who may be responsible for a term: id to name, sorted by name."""
    people = {user_id: name for role in STAFF for user_id, name in holders(role, school_id, day)}
    return dict(sorted(people.items(), key=lambda item: (item[1], item[0])))


def owner_choices(row: Pathway, circle: Circle, today: date) -> dict[str, str]:
    """Who may be responsible for a term, by form value: a party's id, or "staff-" and the account's id."""
    staff = {f"{STAFF_KEY}{key}": name for key, name in staff_of(row.school_id, today).items()}
    return {str(key): name for key, name in circle.names.items()} | staff


def owner_key(term: AgreementTerm) -> str:
    """The form value of the person responsible for a term; '' for everyone."""
    if term.owner_user_id is not None:
        return f"{STAFF_KEY}{term.owner_user_id}"
    return str(term.owner_participant_id or "")


def owner_names(circle: Circle, terms: Iterable[AgreementTerm]) -> dict[int, str]:
    """The name of the person responsible, by term id; terms that bind everyone are left out."""
    terms = list(terms)
    staff = {term.owner_user_id for term in terms if term.owner_user_id is not None}
    names = names_of(staff) if staff else {}
    owners = {
        term.id: names.get(term.owner_user_id or 0) or circle.names.get(term.owner_participant_id or 0)
        for term in terms
    }
    return {key: name for key, name in owners.items() if name}


def person_key(row: Any) -> str:
    """The `Signer.key` of a row that names a party, supporter or keeper."""
    if row.participant_id is not None:
        return f"party-{row.participant_id}"
    return f"supporter-{row.supporter_id}" if row.supporter_id is not None else f"keeper-{row.keeper_user_id}"


def names_by_key(row: Pathway, circle: Circle) -> dict[str, str]:
    """The names of everyone who may have signed or been asked, by `Signer.key`."""
    names = {f"party-{key}": name for key, name in circle.names.items()}
    names |= {f"supporter-{person.id}": person.name for person in supporters_of(row.id)}
    return names | {f"keeper-{person.user_id}": person.name for person in keeper_rows(row.id)}


def accounts_of(participant_ids: Iterable[int]) -> set[int]:
    """The accounts of those participants who are members of staff."""
    statement = (
        select(StaffMember.user_id)
        .join(IncidentPerson, IncidentPerson.staff_id == StaffMember.id)
        .join(CaseParticipant, CaseParticipant.incident_person_id == IncidentPerson.id)
        .where(CaseParticipant.id.in_(sorted(participant_ids)), StaffMember.user_id.is_not(None))
    )
    return {user_id for user_id in db.session.scalars(statement) if user_id is not None}


def may_read_terms(actor: Actor, row: Pathway, circle: Circle) -> bool:
    """Whether the actor may read the text of the terms. Others see only number, due day and state."""
    owners = [term.owner_user_id for term in circle.agreement.terms] if circle.agreement else []
    if sees_terms(actor.user_id, row.owner_id, row.case.lead_id, *circle.keeper_names, *owners):
        return True
    return actor.user_id in accounts_of(circle.names)
