"""Queries: follow-ups. Every read is limited to what the actor may see."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date
from functools import cache, partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, column, false, func, not_, or_, select, table, tuple_
from sqlalchemy.orm import aliased

from wss_cases.access.actor import Actor, housing_known_at, may_know_of_housing
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.visibility import finds_any, holds, of_team_or_own
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.followups.core.models import FollowUp, FollowUpState, FollowUpTemplate
from wss_cases.followups.core.states import KINDS, LIAISON, PLAN_REFERENCE
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import either
from wss_cases.incidents.incident.models import Incident
from wss_cases.routing.engine.vocabulary import Kind

Statement = TypeVar("Statement", bound=Select[Any])
PATHWAY = table("pathway", column("id"), column("kind")).alias("hung_on")
"""The pathway table by name, because pathways stand above this package."""


@dataclass(frozen=True)
class FollowUpRow:
    """A line of a list of follow-ups. `reference` is that of the case or incident; a plan step says so instead."""

    id: int
    version: int
    kind: str
    title: str
    due_on: date
    school_id: int
    case_id: int | None
    incident_id: int | None
    plan_step_id: int | None
    pathway_id: int | None
    incident_person_id: int | None
    participant_id: int | None
    reference: str
    harm_kind: str
    location_code: str
    owner_id: int | None
    owner: str
    state: FollowUpState
    outcome: str
    same_day: bool
    snoozed_until: date | None


def visible_to(statement: Statement, actor: Actor, *, live: bool = False) -> Statement:
    """Narrow a select to the actor's own follow-ups at their schools, and those of their case teams. `live`: only open
    ones.
    """
    team = of_team_or_own(FollowUp, actor, FollowUp.owner_id == actor.user_id, live=live)
    return statement.where(team, known_to(actor))


def known_to(actor: Actor) -> ColumnElement[bool]:
    """The condition that hides follow-ups about housing support from actors who may not know of it. The owner of one
    always may.
    """
    own = false() if actor.user_id is None else FollowUp.owner_id.is_not_distinct_from(actor.user_id)
    return or_(own, housing_known_at(FollowUp.school_id, actor), not_(tells_of_housing()))


def tells_of_housing() -> ColumnElement[bool]:
    """The condition of follow-ups that reveal a need for housing support."""
    of_housing = select(PATHWAY.c.id).where(
        PATHWAY.c.id == FollowUp.pathway_id, PATHWAY.c.kind == Kind.HOUSING_BASIC_NEEDS.value
    )
    return or_(FollowUp.kind == LIAISON, finds_any(of_housing))


def is_known_to(actor: Actor, row: FollowUp, unseen: Collection[int] | None = None) -> bool:
    """Whether `known_to` holds for a follow-up. `unseen`: ids of the housing pathways, if the caller has them."""
    own = actor.user_id is not None and row.owner_id == actor.user_id
    if own or may_know_of_housing(actor, row.school_id):
        return True
    if row.kind == LIAISON or row.pathway_id is None:
        return row.kind != LIAISON
    return row.pathway_id not in unseen if unseen is not None else holds(row, known_to(actor))


def keeps_report(ids: Any, first: date) -> ColumnElement[bool]:
    """An open follow-up keeps its report in view."""
    row = aliased(FollowUp)
    return finds_any(select(row.id).where(row.incident_id == ids, row.state == FollowUpState.OPEN))


def keeps_case(ids: Any, first: date) -> ColumnElement[bool]:
    """An open follow-up keeps its case in view."""
    row = aliased(FollowUp)
    return finds_any(select(row.id).where(row.case_id == ids, row.state == FollowUpState.OPEN))


def load_follow_up(follow_up_id: int) -> FollowUp | None:
    return db.session.get(FollowUp, follow_up_id)


def get_follow_up(actor: Actor, follow_up_id: int) -> FollowUp:
    """A follow-up that the actor may see. Raises NotFound."""
    row: FollowUp = existing(db.session.scalar(visible_to(select(FollowUp).where(FollowUp.id == follow_up_id), actor)))
    return row


def owner_name(owner_id: int | None) -> str:
    account = db.session.get(UserAccount, owner_id) if owner_id is not None else None
    return account.name if account else ""


def title_of(kind: str, title: str, template_en: str | None, template_es: str | None) -> str:
    """The title of a follow-up in the reader's language: its own, its template's, or its kind's."""
    return title or either(template_en, template_es) or str(KINDS.get(kind, KINDS["other"]))


def rows(statement: Any) -> list[FollowUpRow]:
    """The lines of a select of follow-ups (built on `listing`), in one query."""
    return lines(db.session.execute(statement))


def lines(result: Iterable[Any]) -> list[FollowUpRow]:
    return [
        FollowUpRow(
            **dict(zip(STORED, row, strict=False)),
            title=title_of(row.kind, row.title, row.title_en, row.title_es),
            reference=row.case_reference or row.incident_reference or (str(PLAN_REFERENCE) if row.plan_step_id else ""),
            harm_kind=row.harm_kind or row.tile or "",
            location_code=row.case_place or row.incident_place or "",
            owner=row.owner or "",
        )
        for row in result
    ]


COMPUTED = frozenset({"title", "reference", "harm_kind", "location_code", "owner"})
COLUMNS: list[Any] = [getattr(FollowUp, one.name) for one in fields(FollowUpRow) if one.name not in COMPUTED]
STORED = [column.key for column in COLUMNS]
"""The stored columns of a line, which are the first columns of `listing`."""


@cache
def listing() -> Any:
    """The select that `rows` reads, not yet limited to an actor; built once."""
    return (
        select(
            *COLUMNS,
            FollowUp.title,
            FollowUpTemplate.title_en,
            FollowUpTemplate.title_es,
            Case.reference.label("case_reference"),
            Incident.reference.label("incident_reference"),
            Case.harm_kind,
            Incident.tile,
            Case.location_code.label("case_place"),
            Incident.location_code.label("incident_place"),
            UserAccount.name.label("owner"),
        )
        .select_from(FollowUp)
        .outerjoin(FollowUpTemplate, FollowUpTemplate.id == FollowUp.template_id)
        .outerjoin(Case, Case.id == FollowUp.case_id)
        .outerjoin(Incident, Incident.id == FollowUp.incident_id)
        .outerjoin(UserAccount, UserAccount.id == FollowUp.owner_id)
    )


def for_case(actor: Actor, case_id: int) -> list[FollowUpRow]:
    """The follow-ups of a case that the actor may see: open ones first, each by due date."""
    statement = visible_to(listing(), actor).where(FollowUp.case_id == case_id)
    return rows(statement.order_by(FollowUp.state != FollowUpState.OPEN, FollowUp.due_on, FollowUp.id))


def for_incident(actor: Actor, incident_id: int) -> list[FollowUpRow]:
    """The follow-ups of an incident that the actor may see: open ones first, each by due date."""
    statement = visible_to(listing(), actor).where(FollowUp.incident_id == incident_id)
    return rows(statement.order_by(FollowUp.state != FollowUpState.OPEN, FollowUp.due_on, FollowUp.id))


Covered = Collection[tuple[int, int]]
"""People whom the actor covers: (person, school)."""


def due_for(
    actor: Actor, until: date, limit: int = 100, covered: Covered = (), *narrowed: ColumnElement[bool]
) -> list[FollowUpRow]:
    """The actor's own open follow-ups due until a date, the oldest first.

    `covered` adds those of people whom the actor covers; `narrowed` are further conditions.
    """
    parameters: dict[str, Any] = {"until": until, "limit": limit, "covered": list(covered)}
    if not narrowed:
        return lines((_OLDEST_COVERING if covered else _OLDEST).rows(actor, **parameters))
    return lines(db.session.execute(oldest_due(bool(covered), actor).where(*narrowed), parameters))


def oldest_due(covering: bool, actor: Actor) -> Any:
    """The select of `due_for`, with parameters `until`, `limit`, and `covered` when `covering`."""
    return _due_for(listing(), actor, covering).order_by(FollowUp.due_on, FollowUp.id).limit(bindparam("limit"))


_OLDEST, _OLDEST_COVERING = (PreparedFor(partial(oldest_due, covering)) for covering in (False, True))


def due_counted(actor: Actor, until: date, covered: Covered = ()) -> list[tuple[int, date, date | None, int]]:
    """The counts of those follow-ups by school, day and end of snooze: (school, day, day or None, number)."""
    counts = (_BY_DAY_COVERING if covered else _BY_DAY).rows(actor, until=until, covered=list(covered))
    return [(row[0], row[1], row[2], row[3]) for row in counts]


def _by_day(covering: bool, actor: Actor) -> Any:
    by = (FollowUp.school_id, FollowUp.due_on, FollowUp.snoozed_until)
    counted: Any = select(*by, func.count())
    return _due_for(counted, actor, covering).group_by(*by)


_BY_DAY, _BY_DAY_COVERING = (PreparedFor(partial(_by_day, covering)) for covering in (False, True))


def _due_for(statement: Statement, actor: Actor, covering: bool) -> Statement:
    mine = FollowUp.owner_id == actor.user_id
    theirs = tuple_(FollowUp.owner_id, FollowUp.school_id).in_(bindparam("covered", expanding=True))
    own = or_(mine, theirs) if covering else mine
    return visible_to(statement, actor, live=True).where(own, FollowUp.due_on <= bindparam("until"))


def rows_by_id(actor: Actor, ids: Iterable[int]) -> list[FollowUpRow]:
    """Those of these follow-ups that the actor may see, open or not, the oldest due first."""
    statement = visible_to(listing(), actor).where(FollowUp.id.in_(sorted(ids)))
    return rows(statement.order_by(FollowUp.due_on, FollowUp.id))


def has_open(owner_id: int, school_id: int | None) -> bool:
    """Whether an account has an open follow-up at a school."""
    mine = select(FollowUp.id).where(
        FollowUp.owner_id == owner_id, FollowUp.school_id == school_id, FollowUp.state == FollowUpState.OPEN
    )
    return db.session.scalar(mine.limit(1)) is not None
