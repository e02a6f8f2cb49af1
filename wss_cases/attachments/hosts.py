"""The records that can have attachments, loaded by their own package's rules."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.attachments.attachment import RELEASE, Attachment, counts_on, readable
from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import get_incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.pathways.circles.circle.models import CircleConsent
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.legal_holds import is_case_held, is_student_held
from wss_cases.pathways.referrals.referral.models import Referral, ReferralConsent
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.discipline.removals.queries import get_action

SEXUAL_CODES: Final = frozenset({"SCH_HBALLEGATIONS_SEX", "SCH_OFFENSE_RAPE", "SCH_OFFENSE_BATT"})
"""Sexual harassment, rape and sexual assault in the federal data collection."""


def may_be_sexual(incident: Any) -> bool:
    """Whether a report says that something sexual happened, by its facts or a person's behavior."""
    facts = [incident.facts, *(person.facts for person in incident.people)]
    if any((one or {}).get("sexual") not in (None, "none") for one in facts):
        return True
    behaviors = [person.behavior for person in incident.people if person.behavior is not None]
    return any(one.code.startswith("sexual") or one.crdc in SEXUAL_CODES for one in behaviors)


ENDED: Final = frozenset({IncidentState.CLOSED, IncidentState.NO_FURTHER_ACTION, IncidentState.DUPLICATE})


@dataclass(frozen=True)
class Host:
    """A record with attachments, what the actor may do, and what it depends on. `record` is its row if it has a
    history; `is_team`: the actor may remove other people's files."""

    name: str
    record_id: int
    school_id: int
    title: str
    may_add: bool
    is_team: bool
    record: Any = None
    incident_ids: frozenset[int] = frozenset()
    case_id: int | None = None
    pathway_id: int | None = None
    student_ids: frozenset[int] = frozenset()

    @property
    def has_history(self) -> bool:
        """Whether the case team's history may mention attachments."""
        return self.name in ("incident_id", "agreement_id", "discipline_action_id")

    @property
    def is_sexual(self) -> bool:
        """Whether an image of a child may be sexual, by the reports that the record depends on."""
        return any(map(may_be_sexual, _reports(self.incident_ids)))

    @property
    def is_held(self) -> bool:
        """Whether a hold protects the record from deletion."""
        if self.case_id is not None:
            return is_case_held(self.case_id)
        return any(map(is_student_held, self.student_ids)) or any(map(is_case_held, _cases_of(self.incident_ids)))


def host_of(actor: Actor, name: str, record_id: int) -> Host:
    """A record with attachments that the actor may see. Raises NotFound."""
    return _LOADERS[name](actor, record_id)


def rows_of(name: str) -> Any:
    return _MODELS.get(name, RELEASE.c)


def in_pathway(host: Host, case_id: int, pathway_id: int) -> Host:
    """A host of this pathway. Raises NotFound for another's."""
    if (host.case_id, host.pathway_id) != (case_id, pathway_id):
        raise NotFound
    return host


def agreement_of(pathway_id: int) -> int | None:
    """Id of a circle's agreement, or None. The caller must still check the circle."""
    return db.session.scalar(select(Agreement.id).where(Agreement.pathway_id == pathway_id))


def school_of(attachment: Attachment) -> int:
    """The school of an attachment's record."""
    name, record_id = attachment.host
    columns = rows_of(name)
    return int(existing(db.session.scalar(select(columns.school_id).where(columns.id == record_id))))


def answers_for(actor: Actor, attachment: Attachment) -> bool:
    return actor.covers(school_of(attachment), Role.ADMINISTRATOR, Role.DISTRICT)


def went_out(host: Host, attachment_id: int) -> bool:
    """Whether a file was released to a family with a copy; then it cannot be removed."""
    released = select(RELEASE.c.parts).where(RELEASE.c.state == "released", RELEASE.c.student_id.in_(host.student_ids))
    return any(f"file-{attachment_id}" in parts for parts in db.session.scalars(released))


def hosts_on(incident_id: int) -> dict[str, Any]:
    """The records of a report that may have attachments: by column, a select of their ids."""
    cases = select(CaseIncident.case_id).where(CaseIncident.incident_id == incident_id)
    return {
        "incident_id": select(Incident.id).where(Incident.id == incident_id),
        "circle_consent_id": select(CircleConsent.id).where(CircleConsent.case_id.in_(cases)),
        "referral_consent_id": select(ReferralConsent.id).where(ReferralConsent.case_id.in_(cases)),
        "agreement_id": select(Agreement.id).where(Agreement.case_id.in_(cases)),
        "discipline_action_id": select(DisciplineAction.id).where(DisciplineAction.incident_id == incident_id),
    }


def _incident(actor: Actor, record_id: int) -> Host:
    row = get_incident(actor, record_id)
    team = actor.is_system or actor.covers(row.school_id, *CASE_TEAM)
    closed = row.state is IncidentState.DUPLICATE if team else row.state in ENDED
    return Host(
        "incident_id", row.id, row.school_id, _("Report %(reference)s", reference=row.reference),
        can(actor, Permission.INCIDENT_COMPLETE, row) and not closed, team, row, frozenset({row.id}),
        student_ids=frozenset(person.student_id for person in row.people if person.student_id is not None),
    )  # fmt: skip


def _circle_consent(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.get(CircleConsent, record_id))
    pathway = get_pathway(actor, row.case_id, row.pathway_id)
    return _of_pathway("circle_consent_id", actor, row, pathway, _("Consent to a circle"))


def _referral_consent(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.get(ReferralConsent, record_id))
    referral = db.session.get_one(Referral, row.referral_id)
    pathway = get_pathway(actor, referral.case_id, referral.pathway_id)
    return _of_pathway("referral_consent_id", actor, row, pathway, _("Consent to a referral"))


def _agreement(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.get(Agreement, record_id))
    pathway = existing(db.session.get(Pathway, row.pathway_id))
    return _of_pathway("agreement_id", actor, row, pathway, _("Signed agreement"))


def _of_pathway(name: str, actor: Actor, row: Any, pathway: Pathway, title: str) -> Host:
    _refuse_unread(actor, name, row.id)
    return Host(
        name, row.id, row.school_id, title,
        can(actor, Permission.CASE_WORK, pathway), can(actor, Permission.CASE_WORK, pathway), row,
        frozenset(_incidents_of(pathway.case_id)), pathway.case_id, pathway.id,
    )  # fmt: skip


def _action(actor: Actor, record_id: int) -> Host:
    row = get_action(actor, record_id).action
    works = can(actor, Permission.DISCIPLINE_RECORD, row)
    return Host(
        "discipline_action_id", row.id, row.school_id, _("Notice of a discipline action"),
        works, works, row,
        frozenset({row.incident_id} if row.incident_id else ()), student_ids=frozenset({row.student_id}),
    )  # fmt: skip


def _release(actor: Actor, record_id: int) -> Host:
    row = existing(db.session.execute(select(RELEASE).where(RELEASE.c.id == record_id)).first())
    _refuse_unread(actor, "family_release_id", row.id)
    return Host(
        "family_release_id", row.id, row.school_id, _("Copy of the record for the family"),
        True, True, None,
        frozenset(row.incident_ids), student_ids=frozenset({row.student_id}),
    )  # fmt: skip


def _refuse_unread(actor: Actor, name: str, record_id: int) -> None:
    ids = readable(name, actor).subquery()
    if db.session.scalar(select(ids.c.id).where(ids.c.id == record_id)) is None:
        raise NotFound


def _reports(incident_ids: Collection[int]) -> list[Incident]:
    people = selectinload(Incident.people).joinedload(IncidentPerson.behavior)
    return list(db.session.scalars(select(Incident).options(people).where(Incident.id.in_(sorted(incident_ids)))))


def _incidents_of(case_id: int) -> list[int]:
    return list(db.session.scalars(select(CaseIncident.incident_id).where(CaseIncident.case_id == case_id)))


def _cases_of(incident_ids: Collection[int]) -> list[int]:
    linked = select(CaseIncident.case_id).where(CaseIncident.incident_id.in_(sorted(incident_ids)))
    return list(db.session.scalars(linked.distinct()))


_MODELS: Mapping[str, Any] = {
    "incident_id": Incident,
    "circle_consent_id": CircleConsent,
    "referral_consent_id": ReferralConsent,
    "agreement_id": Agreement,
    "discipline_action_id": DisciplineAction,
}
_LOADERS: Mapping[str, Callable[[Actor, int], Host]] = {
    "incident_id": _incident,
    "circle_consent_id": _circle_consent,
    "referral_consent_id": _referral_consent,
    "agreement_id": _agreement,
    "discipline_action_id": _action,
    "family_release_id": _release,
}


@dataclass(frozen=True)
class Paper:
    """A record that may have files: its kind, whose it is (None: no single person's), its day, and the number of
    files."""

    host: Host
    participant: CaseParticipant | None
    day: date
    count: int


def papers_of(actor: Actor, row: Pathway) -> list[Paper]:
    """The records of a pathway that may have files and that the actor may see, consents first."""
    circle = select(CircleConsent).where(
        CircleConsent.pathway_id == row.id, CircleConsent.id.in_(readable("circle_consent_id", actor))
    )
    referral = (
        select(ReferralConsent)
        .join(Referral, Referral.id == ReferralConsent.referral_id)
        .where(Referral.pathway_id == row.id, ReferralConsent.id.in_(readable("referral_consent_id", actor)))
    )
    agreement = select(Agreement).where(
        Agreement.pathway_id == row.id, Agreement.id.in_(readable("agreement_id", actor))
    )
    return [
        *_papers(actor, "circle_consent_id", circle.order_by(CircleConsent.id), "given_on"),
        *_papers(actor, "referral_consent_id", referral.order_by(ReferralConsent.id), "signed_on"),
        *_papers(actor, "agreement_id", agreement, "agreed_on"),
    ]


def _papers(actor: Actor, name: str, statement: Any, day: str) -> list[Paper]:
    rows = db.session.scalars(statement).all()
    counts = counts_on(actor, name, [row.id for row in rows])
    papers = []
    for row in rows:
        participant_id = getattr(row, "participant_id", None)
        whose = db.session.get(CaseParticipant, participant_id) if participant_id is not None else None
        papers.append(Paper(host_of(actor, name, row.id), whose, getattr(row, day), counts.get(row.id, 0)))
    return papers
