"""The open follow-ups that a list shows: narrowed, in the order of one of its columns, page by page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.scope import in_schools
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.followups.about.queries import PARTIES
from wss_cases.followups.core.models import FollowUp, FollowUpTemplate
from wss_cases.followups.core.queries import FollowUpRow, listing, rows, visible_to
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import either
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, worded
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.roster.directory.models import Student

PAGE = 15
FIRST_DUE = Order("due")


@dataclass(frozen=True)
class Narrowed:
    """What a list keeps: the follow-ups of one school, of one owner, or what a person gave to somebody else."""

    school_id: int | None = None
    owner_id: int | None = None
    giver_id: int | None = None


def open_rows(
    actor: Actor, narrowed: Narrowed, order: Order, behind: int | None = None, limit: int = PAGE + 1
) -> list[FollowUpRow]:
    """Return up to `limit` open follow-ups that the actor may see, in an order, after the follow-up `behind`."""
    statement = visible_to(listing(), actor, live=True)
    if narrowed.school_id is not None:
        statement = statement.where(FollowUp.school_id == narrowed.school_id)
    if narrowed.owner_id is not None:
        statement = statement.where(FollowUp.owner_id == narrowed.owner_id)
    if narrowed.giver_id is not None:
        statement = statement.where(FollowUp.given_by_id == narrowed.giver_id, FollowUp.owner_id != narrowed.giver_id)
    by = _sorted_by(order, actor)
    last = _place_of(actor, by, behind) if behind is not None else None
    return rows(in_order(statement, FollowUp.id, by, down=order.down, limit=limit, last=last))


def _place_of(actor: Actor, by: Any, follow_up_id: int) -> tuple[Any, int] | None:
    """Return where a page ended, also of a follow-up that is done by now."""
    of_last = listing().with_only_columns(by, FollowUp.id).where(FollowUp.id == follow_up_id)
    row = db.session.execute(visible_to(of_last, actor)).first()
    return (row[0], row[1]) if row is not None else None


def _sorted_by(order: Order, actor: Actor) -> Any:
    """Return what sorts the lines of `listing`; never null."""
    if order.key == "who":
        return _first_name(actor)
    if order.key == "what":
        return _title()
    if order.key == "owner":
        return worded(UserAccount.name)
    if order.key == "number":
        return worded(func.coalesce(Case.reference, Incident.reference))
    return FollowUp.due_on


def _title() -> ColumnElement[Any]:
    of_template = func.coalesce(either(FollowUpTemplate.title_en, FollowUpTemplate.title_es), "")
    kinds = {kind: str(label) for kind, label in KINDS.items()}
    of_kind = case(kinds, value=FollowUp.kind, else_=str(KINDS["other"]))
    return worded(case((FollowUp.title != "", FollowUp.title), (of_template != "", of_template), else_=of_kind))


def _first_name(actor: Actor) -> ColumnElement[Any]:
    """The family name of whom a follow-up names; of one that names nobody the first of the parties, for those alone
    who read their names beside it."""
    in_case = CaseParticipant.case_id == FollowUp.case_id
    in_report = IncidentPerson.incident_id == FollowUp.incident_id
    parties = func.coalesce(
        _family(CaseParticipant, in_case, CaseParticipant.role.in_(PARTIES)),
        _family(IncidentPerson, in_report, IncidentPerson.role.in_(PARTIES)),
    )
    part = _family(CaseParticipant, CaseParticipant.id == FollowUp.participant_id)
    entry = _family(IncidentPerson, IncidentPerson.id == FollowUp.incident_person_id)
    return worded(
        case(
            (FollowUp.participant_id.is_not(None), part),
            (FollowUp.incident_person_id.is_not(None), entry),
            (in_schools(FollowUp.school_id, actor, *CASE_TEAM), parties),
            else_=literal(""),
        )
    )


def _family(kind: Any, *which: ColumnElement[bool]) -> ColumnElement[Any]:
    found = select(func.min(Student.search_key_family)).join(kind, kind.student_id == Student.id).where(*which)
    return found.correlate(FollowUp).scalar_subquery()
