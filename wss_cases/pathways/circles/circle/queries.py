"""Who keeps or leads a circle: its coordinators, and trained staff beside them. Leading a circle does not open its
case.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, column, not_, or_, select, table

from wss_cases.access.actor import STAFF, Actor, Role, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import holders_of
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.circle.rules import DECIDE
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.training.records.models import TrainingRecord, keeping_counts_on

DISCIPLINE = table("discipline_action", column("student_id"), column("recorded_by_id"))
"""A table of the safeguards room, which stands above this one: who recorded a removal, and of which student."""


@dataclass(frozen=True)
class CircleWithKeepers:
    id: int
    school_id: int
    keeper_ids: frozenset[int]
    had_keepers: bool


def keepers_of(pathway_id: int) -> dict[int, str]:
    """The current keepers of a circle: id to name, in the order in which they were named."""
    return {row.user_id: row.name for row in keeper_rows(pathway_id) if row.ended_at is None}


def told_who_said_what(actor: Actor, school_id: int) -> bool:
    """Whether the actor may know who wishes to meet: a coordinator who decides no discipline at the school."""
    return actor.is_system or (actor.covers(school_id, Role.COORDINATOR) and not actor.covers(school_id, *DECIDE))


def keeps_since(pathway_id: int, user_id: int | None) -> datetime | None:
    """Since when an account keeps a circle without a break; None when it does not."""
    return next((row.added_at for row in keeper_rows(pathway_id) if row.user_id == user_id and not row.ended_at), None)


def keeper_ids(pathway_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """The current keepers of many circles by pathway id, in one query; circles without keepers are left out."""
    wanted = sorted(set(pathway_ids))
    if not wanted:
        return {}
    statement = select(CircleKeeper.pathway_id, CircleKeeper.user_id).where(
        CircleKeeper.pathway_id.in_(wanted), CircleKeeper.ended_at.is_(None)
    )
    by_circle: dict[int, set[int]] = {}
    for pathway_id, user_id in db.session.execute(statement):
        by_circle.setdefault(pathway_id, set()).add(user_id)
    return {pathway_id: frozenset(ids) for pathway_id, ids in by_circle.items()}


def keeper_rows(pathway_id: int) -> Sequence[Any]:
    """(user_id, name, added_at, ended_at) of all keepers of a circle, former ones too, in the order of naming."""
    statement = (
        select(CircleKeeper.user_id, UserAccount.name, CircleKeeper.added_at, CircleKeeper.ended_at)
        .join(UserAccount, UserAccount.id == CircleKeeper.user_id)
        .where(CircleKeeper.pathway_id == pathway_id)
        .order_by(CircleKeeper.added_at, CircleKeeper.id)
    )
    return db.session.execute(statement).all()


def with_keepers(row: Pathway) -> CircleWithKeepers:
    rows = keeper_rows(row.id)
    current = frozenset(keeper.user_id for keeper in rows if keeper.ended_at is None)
    return CircleWithKeepers(row.id, row.school_id, current, bool(rows))


def with_known_keepers(row: Pathway, current: Iterable[int]) -> CircleWithKeepers:
    """A circle for the policy of its notes, from current keepers that the caller has read."""
    ids = frozenset(current)
    return CircleWithKeepers(row.id, row.school_id, ids, bool(ids))


def may_keep(school_id: int, day: date) -> dict[int, str]:
    """Who may keep a circle at a school on a day (see `rules.may_keep_as`): id to name."""
    return coordinators_of(holders_of((Role.COORDINATOR, *DECIDE), school_id, day))


def coordinators_of(people: Mapping[Role, Mapping[int, str]]) -> dict[int, str]:
    """The coordinators, out of a school's people by role, who decide no discipline there."""
    return {key: name for key, name in people[Role.COORDINATOR].items() if key not in decide(people)}


def decide(people: Mapping[Role, Mapping[int, str]]) -> set[int]:
    """The people of a school, by role, who decide discipline there."""
    return {key for role in DECIDE for key in people[role]}


def decided_about_parties(row: Pathway) -> set[int]:
    """Accounts that ever decided discipline about a student of the circle's case. They may not keep this circle."""
    students = select(CaseParticipant.student_id).where(
        CaseParticipant.case_id == row.case_id, CaseParticipant.student_id.is_not(None)
    )
    actions = select(DISCIPLINE.c.recorded_by_id).where(DISCIPLINE.c.student_id.in_(students))
    return {who for who in db.session.scalars(actions) if who is not None}


def keeps_circle_of(user_id: int | None, student_id: int) -> bool:
    """Whether the account keeps or kept a circle of a case with this student. Such a person decides no discipline of
    theirs.
    """
    circles = (
        select(CircleKeeper.id)
        .join(CaseParticipant, CaseParticipant.case_id == CircleKeeper.case_id)
        .where(CircleKeeper.user_id == user_id, CaseParticipant.student_id == student_id)
    )
    return db.session.scalar(circles.limit(1)) is not None


def get_circle(actor: Actor, case_id: int, pathway_id: int, permission: Permission | None = None) -> Pathway:
    """A circle that the actor may see and has the permission on, if one is named. Raises NotFound."""
    row = get_pathway(actor, case_id, pathway_id, Family.CIRCLE)
    if permission is not None:
        require(actor, permission, with_keepers(row))
    return row


@dataclass(frozen=True)
class KeptCircle:
    """A circle as `leads_circle` reads it: its school, whether it is live, its keepers, and which are trained."""

    school_id: int
    goes_on: bool
    keeper_ids: frozenset[int]
    trained_ids: frozenset[int]


def may_lead_as(roles: Collection[Role]) -> bool:
    """Whether a trained person with these roles may lead circles: staff who decide no discipline at the school."""
    return bool(STAFF & set(roles)) and not DECIDE & set(roles)


def leads_circle(actor: Actor, circle: Any) -> bool:
    """Whether the actor keeps this live `KeptCircle`, decides no discipline at its school, and is a coordinator there,
    or a trained member of its staff.
    """
    if not circle.goes_on or actor.user_id not in circle.keeper_ids or actor.covers(circle.school_id, *DECIDE):
        return False
    trained = actor.user_id in circle.trained_ids and actor.covers(circle.school_id, *STAFF)
    return trained or actor.covers(circle.school_id, Role.COORDINATOR)


def kept_circle(pathway_id: int, day: date) -> KeptCircle:
    """A circle as `leads_circle` reads it, on a day. Raises NotFound."""
    row = existing(db.session.get(Pathway, pathway_id))
    keepers = keeper_ids([row.id]).get(row.id, frozenset())
    trained = select(TrainingRecord.user_id).where(TrainingRecord.user_id.in_(sorted(keepers)), keeping_counts_on(day))
    ids = frozenset(db.session.scalars(trained)) if keepers else keepers
    return KeptCircle(row.school_id, row.pathway == Family.CIRCLE and row.state in LIVE, keepers, ids)


def leads_now(actor: Actor, pathway_id: int, now: datetime) -> bool:
    return can(actor, Permission.CIRCLE_LEAD, kept_circle(pathway_id, today_at(None, now)))


def led_visible_to(statement: Select[Any], actor: Actor, today: date) -> Select[Any]:
    """Narrow a select of pathways to the circles that the actor leads, by the same rule as `leads_circle`."""
    keeps = select(CircleKeeper.id).where(
        CircleKeeper.pathway_id == Pathway.id, CircleKeeper.user_id == actor.user_id, CircleKeeper.ended_at.is_(None)
    )
    trained = select(TrainingRecord.id).where(TrainingRecord.user_id == actor.user_id, keeping_counts_on(today))
    return statement.where(
        Pathway.pathway == Family.CIRCLE,
        Pathway.state.in_(LIVE),
        keeps.exists(),
        not_(in_schools(Pathway.school_id, actor, *DECIDE)),
        or_(
            in_schools(Pathway.school_id, actor, Role.COORDINATOR),
            and_(in_schools(Pathway.school_id, actor, *STAFF), trained.exists()),
        ),
    )
