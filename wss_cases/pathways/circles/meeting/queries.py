"""Reading meetings of circles; every list starts from what the actor may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.pathways.circles.circle.models import CircleMeeting, CircleSupporter
from wss_cases.pathways.common.models import Pathway

LONGEST = timedelta(hours=8)
"""No meeting takes longer."""


def get_meeting(actor: Actor, meeting_id: int) -> CircleMeeting:
    """Return a meeting of one of the actor's schools. Raises NotFound."""
    statement = select(CircleMeeting).where(CircleMeeting.id == meeting_id)
    return existing(db.session.scalar(statement.where(in_view(CircleMeeting, actor, *CASE_TEAM))))


def get_supporter(row: Pathway, supporter_id: int) -> CircleSupporter:
    """Return a supporter of one circle; the caller has checked the circle. Raises NotFound."""
    supporter = db.session.get(CircleSupporter, supporter_id)
    if supporter is None or supporter.pathway_id != row.id:
        raise NotFound
    return supporter


def meetings_between(
    actor: Actor, school_id: int | None, start: datetime | None, end: datetime | None, *, waiting: bool | None = None,
    newest_first: bool = False, limit: int = 50,
) -> Sequence[Any]:  # fmt: skip
    """Return meetings from `start` until before `end`; `waiting` keeps those nobody answered for, or the others."""
    columns = (
        CircleMeeting.id, CircleMeeting.starts_at, CircleMeeting.room, CircleMeeting.case_id, CircleMeeting.pathway_id,
        CircleMeeting.kind.label("meeting_kind"), CircleMeeting.happened, CircleMeeting.not_held_reason,
        Pathway.kind, Case.reference, UserAccount.name.label("keeper"),
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(Pathway, Pathway.id == CircleMeeting.pathway_id)
        .join(Case, Case.id == CircleMeeting.case_id)
        .join(UserAccount, UserAccount.id == CircleMeeting.keeper_id)
        .where(in_view(CircleMeeting, actor, *CASE_TEAM))
    )
    if school_id is not None:
        statement = statement.where(CircleMeeting.school_id == school_id)
    if start is not None:
        statement = statement.where(CircleMeeting.starts_at >= start)
    if end is not None:
        statement = statement.where(CircleMeeting.starts_at < end)
    if waiting is not None:
        happened = CircleMeeting.happened
        statement = statement.where(happened.is_(None) if waiting else happened.is_not(None))
    order = CircleMeeting.starts_at.desc() if newest_first else CircleMeeting.starts_at
    return db.session.execute(statement.order_by(order, CircleMeeting.id).limit(limit)).all()


def meetings_beside(
    school_id: int, keeper_id: int, starts_at: datetime, minutes: int, but_id: int
) -> list[CircleMeeting]:
    """Return the planned and held meetings, of a school or by a keeper, that overlap these minutes, but for one."""
    ends_at = starts_at + timedelta(minutes=minutes)
    near = select(CircleMeeting).where(
        or_(CircleMeeting.school_id == school_id, CircleMeeting.keeper_id == keeper_id),
        CircleMeeting.id != but_id,
        CircleMeeting.happened.is_distinct_from(False),
        CircleMeeting.starts_at < ends_at,
        CircleMeeting.starts_at > starts_at - LONGEST,
    )
    return [one for one in db.session.scalars(near) if one.starts_at + timedelta(minutes=one.minutes) > starts_at]
