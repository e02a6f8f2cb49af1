"""What somebody just did to follow-ups and may take back, and what they gave to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.scope import in_schools
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct
from wss_cases.followups.core.queries import FollowUpRow, lines, listing, rows_by_id, visible_to
from wss_cases.followups.undo.rules import UNDO_FOR
from wss_cases.foundation.db import db


@dataclass(frozen=True)
class Done:
    """The newest act that its author may still take back: on how many follow-ups, and one of them, if still theirs."""

    batch: str
    kind: ActKind
    count: int
    row: FollowUpRow | None


def last_act(actor: Actor, now: datetime, follow_up_id: int | None = None) -> Done | None:
    """Return a person's newest act of the last ten minutes that nobody changed since (on one follow-up); None else."""
    statement = (
        select(FollowUpAct.batch, FollowUpAct.kind, FollowUpAct.follow_up_id)
        .join(FollowUp, FollowUp.id == FollowUpAct.follow_up_id)
        .where(
            FollowUpAct.user_id == actor.user_id,
            FollowUpAct.at >= now - UNDO_FOR,
            FollowUpAct.at <= now,
            FollowUpAct.undone_at.is_(None),
            FollowUpAct.version == FollowUp.version,
            in_schools(FollowUp.school_id, actor, *STAFF),
        )
        .order_by(FollowUpAct.id.desc())
        .limit(1)
    )
    if follow_up_id is not None:
        statement = statement.where(FollowUpAct.follow_up_id == follow_up_id)
    newest = db.session.execute(statement).first()
    if newest is None:
        return None
    batch, kind, number = newest
    count = db.session.scalar(select(func.count()).where(FollowUpAct.batch == batch)) or 0
    return Done(batch, kind, count, next(iter(rows_by_id(actor, [number])), None))


def moved_with(actor: Actor, act_id: int) -> list[int]:
    """Return the follow-ups that one act of the actor's moved together."""
    batch = select(FollowUpAct.batch).where(FollowUpAct.id == act_id, FollowUpAct.user_id == actor.user_id)
    statement = select(FollowUpAct.follow_up_id).where(FollowUpAct.batch == batch.scalar_subquery())
    return list(db.session.scalars(statement))


def given_by(actor: Actor, limit: int) -> tuple[list[FollowUpRow], int]:
    """Return what the actor gave to others and may still see, the oldest due first, and how much there is of it."""
    given = lines(_given.rows(actor, limit=limit + 1))
    if len(given) <= limit:
        return given, len(given)
    return given[:limit], _given_counted.rows(actor).scalar_one()


@PreparedFor
def _given(actor: Actor) -> Any:
    return _by(actor, listing()).order_by(FollowUp.due_on, FollowUp.id).limit(bindparam("limit"))


@PreparedFor
def _given_counted(actor: Actor) -> Any:
    return _by(actor, select(func.count(FollowUp.id)))


def _by(actor: Actor, statement: Any) -> Any:
    to_others = (FollowUp.owner_id.is_not(None), FollowUp.owner_id != actor.user_id)
    return visible_to(statement, actor, live=True).where(FollowUp.given_by_id == actor.user_id, *to_others)


def overdue_ids(actor: Actor, days: Sequence[tuple[int, date]], limit: int) -> list[int]:
    """Return the actor's own follow-ups that are overdue, the oldest first; `days` is (school, its date)."""
    overdue: list[tuple[date, int]] = []
    for school_id, today in days:
        dated: Any = select(FollowUp.due_on, FollowUp.id).where(
            FollowUp.owner_id == actor.user_id, FollowUp.school_id == school_id, FollowUp.due_on < today
        )
        statement = visible_to(dated, actor, live=True).order_by(FollowUp.due_on, FollowUp.id).limit(limit)
        overdue += [(row[0], row[1]) for row in db.session.execute(statement)]
    return [number for _day, number in sorted(overdue)[:limit]]
