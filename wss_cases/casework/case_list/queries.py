"""The list of cases: narrowed, counted, in the order of one of its columns, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.teams.queries import works
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.cases.case.queries import visible_to
from wss_cases.cases.case.states import CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import known_to as follow_ups_known_to
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import school_day
from wss_cases.foundation.tables.columns import Order
from wss_cases.foundation.tables.ordering import in_order, ranked, staged, worded
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.queries import known_to as pathways_known_to
from wss_cases.pathways.common.states import LIVE
from wss_cases.roster.directory.models import Student

PAGE = 20
NEWEST = Order("number", down=True)


@dataclass(frozen=True)
class CaseFilter:
    """What the list keeps: one lead's cases, one school's, a state (or 'open', 'all'), a part of the reference."""

    lead_id: int | None = None
    school_id: int | None = None
    state: str = "open"
    text: str = ""


@dataclass(frozen=True)
class CaseRow:
    """One line of the list of cases."""

    id: int
    reference: str
    harm_kind: str
    location_code: str
    state: CaseState
    lead_id: int | None
    lead: str | None
    lead_works: bool
    opened_on: date
    next_review_on: date | None
    overdue: int
    live: int


@dataclass(frozen=True)
class Sorting:
    """The order of a list, and the labels in the reader's language that kinds and places are sorted by."""

    order: Order = NEWEST
    kinds: Mapping[str, Any] | None = None
    places: Mapping[str, Any] | None = None

    @property
    def by(self) -> Any:
        """What sorts the cases; never null."""
        if self.order.key == "what":
            return ranked(Case.harm_kind, self.kinds or {})
        if self.order.key == "where":
            return ranked(Case.location_code, self.places or {})
        return _SORTED.get(self.order.key, Case.id)


def _first_name() -> ColumnElement[Any]:
    first = (
        select(func.min(Student.search_key_family))
        .join(CaseParticipant, CaseParticipant.student_id == Student.id)
        .where(CaseParticipant.case_id == Case.id)
        .correlate(Case)
    )
    return worded(first.scalar_subquery())


def _lead_name() -> ColumnElement[Any]:
    return worded(select(UserAccount.name).where(UserAccount.id == Case.lead_id).correlate(Case).scalar_subquery())


_SORTED: Mapping[str, Any] = {
    "who": _first_name(),
    "opened": Case.opened_on,
    "lead": _lead_name(),
    "review": func.coalesce(Case.next_review_on, date.max),
    "state": staged(Case.state, CaseState),
}


def _filtered(statement: Select[Any], actor: Actor, wanted: CaseFilter) -> Select[Any]:
    statement = visible_to(statement, actor, live=wanted.state == "open")
    if wanted.lead_id is not None:
        statement = statement.where(Case.lead_id == wanted.lead_id)
    if wanted.school_id is not None:
        statement = statement.where(Case.school_id == wanted.school_id)
    if wanted.text:
        statement = statement.where(Case.reference.icontains(wanted.text, autoescape=True))
    if wanted.state in set(CaseState):
        statement = statement.where(Case.state == CaseState(wanted.state))
    return statement


def count_cases(actor: Actor, wanted: CaseFilter) -> int:
    """Return how many cases the filter keeps."""
    return db.session.scalar(_filtered(select(func.count(Case.id)), actor, wanted)) or 0


def case_rows(
    actor: Actor, wanted: CaseFilter, now: datetime, sorting: Sorting, behind: int | None = None, limit: int = PAGE + 1
) -> list[CaseRow]:
    """Return up to `limit` cases in an order, those that come after the case `behind`."""
    day = school_day(Case.school_id, now)
    overdue = (
        select(func.count(FollowUp.id))
        .where(FollowUp.case_id == Case.id, FollowUp.state == FollowUpState.OPEN, FollowUp.due_on < day)
        .where(follow_ups_known_to(actor))
        .scalar_subquery()
    )
    of_case = select(func.count(Pathway.id)).where(Pathway.case_id == Case.id, Pathway.state.in_(LIVE))
    live = of_case.where(pathways_known_to(actor)).scalar_subquery()
    columns = (
        Case.id, Case.reference, Case.harm_kind, Case.location_code, Case.state, Case.lead_id, UserAccount.name,
        works(Case.lead_id, Case.school_id, CASE_TEAM, now), Case.opened_on, Case.next_review_on, overdue, live,
    )  # fmt: skip
    statement = _filtered(select(*columns).outerjoin(UserAccount, UserAccount.id == Case.lead_id), actor, wanted)
    last = _place_of(actor, behind, sorting) if behind is not None else None
    statement = in_order(statement, Case.id, sorting.by, down=sorting.order.down, limit=limit, last=last)
    return [CaseRow(*row) for row in db.session.execute(statement)]


def _place_of(actor: Actor, case_id: int, sorting: Sorting) -> tuple[Any, int] | None:
    """Return where a page ended; of the newest cases that is the id itself."""
    if sorting.by is Case.id:
        return case_id, case_id
    row = db.session.execute(visible_to(select(sorting.by, Case.id).where(Case.id == case_id), actor)).first()
    return (row[0], row[1]) if row is not None else None
