"""Taking back what one just did to follow-ups: an act of its own, with its timeline and audit."""

import uuid
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import or_, select, update

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.core.sealed_words import let_words_go
from wss_cases.followups.undo.rules import CannotUndo, Standing, why_not_undone
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.models import OutboxMessage, OutboxState, TimelineEntry
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.calendar.days import settle_again
from wss_cases.roster.directory.queries import school_days

RESTORED = (
    "due_on",
    "owner_id",
    "given_by_id",
    "state",
    "outcome",
    "outcome_note",
    "evidence",
    "closed_at",
    "closed_on",
    "closed_by_id",
    "snoozed_until",
    "snooze_count",
    "snooze_reason",
)
"""Columns that an act changes, and that taking it back sets as they were."""

PATHWAY_ENDS = ("pathway.completed", "pathway.ended_early", "pathway.declined", "pathway.left")


def restorable(row: FollowUp) -> dict[str, Any]:
    """Return what an act may change of a follow-up, as it stands before the act."""
    return {name: _plain(getattr(row, name)) for name in RESTORED}


def remember(uow: UnitOfWork, row: FollowUp, kind: ActKind, before: dict[str, Any], batch: str = "") -> FollowUpAct:
    """Keep what an act on a follow-up changed, so that whoever did it can take it back for a while."""
    uow.session.flush()
    now = restorable(row)
    act = FollowUpAct(
        batch=batch or uuid.uuid4().hex,
        user_id=uow.actor.user_id,
        follow_up_id=row.id,
        school_id=row.school_id,
        kind=kind,
        at=uow.now,
        version=row.version,
        before={name: value for name, value in before.items() if value != now[name]},
    )
    uow.session.add(act)
    uow.session.flush()
    return act


def undo(actor: Actor, batch: str, now: datetime) -> int:
    """Take back one's own acts of a batch; returns how many had to stay, since somebody changed them meanwhile.

    Raises NotFound for what one did not do or may no longer do, Refused when nothing of it may be taken back.
    """
    if not batch.isalnum():
        raise NotFound  # nothing that was made here, and perhaps nothing that a database can hold
    with unit_of_work(actor, now) as uow:
        mine = select(FollowUpAct).where(FollowUpAct.batch == batch, FollowUpAct.user_id == actor.user_id)
        ordered = mine.order_by(FollowUpAct.follow_up_id).with_for_update()
        acts = list(uow.session.scalars(ordered.execution_options(populate_existing=True)))
        if not acts:
            raise NotFound
        refusals = [why for act in acts if (why := _take_back(uow, act)) is not None]
        if len(refusals) == len(acts):
            raise Refused("", str(refusals[0].label))
        return len(refusals)


def _take_back(uow: UnitOfWork, act: FollowUpAct) -> CannotUndo | None:
    row = uow.session.get(FollowUp, act.follow_up_id, with_for_update=True, populate_existing=True)
    if row is None or not uow.actor.covers(row.school_id, *STAFF):
        raise NotFound
    standing = Standing(act.at, act.undone_at is not None, act.version, row.version, _ended(uow, row, act.at))
    why = why_not_undone(standing, uow.now)
    if why is not None:
        return why
    for name, value in act.before.items():
        setattr(row, name, _back(name, value))
    # checked on the follow-up as it was: who gave their own away may take it back
    require(uow.actor, Permission.FOLLOWUP_WORK, row)
    act.undone_at = uow.now
    uow.record(row, "followup.undone", what=row.kind, act=act.kind.value)
    if row.state is FollowUpState.OPEN:
        let_words_go(row)
        remind_again(uow, row)
        settle_again(uow, row.school_id, row.due_on)
    return None


def bring_back(uow: UnitOfWork, case_id: int, ended_at: datetime | None) -> None:
    """Open what a case's closing cancelled, once the case is opened again: due as it was, or on the next school day."""
    cancelled = select(FollowUp).where(
        FollowUp.case_id == case_id, FollowUp.state == FollowUpState.CANCELLED, FollowUp.closed_at == ended_at
    )
    for row in uow.session.scalars(cancelled.order_by(FollowUp.id).with_for_update()):
        row.state, row.outcome_note, row.closed_at, row.closed_on = FollowUpState.OPEN, "", None, None
        row.closed_by_id, row.snoozed_until = None, None
        row.due_on = max(row.due_on, school_days(row.school_id).add(today_at(row.school_id, uow.now), 1))
        uow.record(row, "followup.brought_back", what=row.kind, due_on=row.due_on.isoformat())
        remind_again(uow, row)


def remind_again(uow: UnitOfWork, row: FollowUp) -> None:
    """Put the mails back into the queue that were dropped while this follow-up had no need of them.

    The same rows with the same Message-IDs: what was sent is not sent twice, and each is checked once more before
    it goes. One that a sender holds is waited for, so that it is not dropped behind our back.
    """
    of = (OutboxMessage.object_type == FollowUp.__tablename__, OutboxMessage.object_id == row.id)
    sending = or_(OutboxMessage.state == OutboxState.CLAIMED, OutboxMessage.carried_by_id.is_not(None))
    held = select(OutboxMessage.id).where(*of, sending)
    uow.session.execute(held.with_for_update())
    uow.session.execute(
        update(OutboxMessage)
        .where(*of, OutboxMessage.state == OutboxState.DROPPED)
        .values(state=OutboxState.WAITING, next_attempt_at=uow.now)
        .execution_options(synchronize_session=False)
    )


def _ended(uow: UnitOfWork, row: FollowUp, since: datetime) -> bool:
    if row.case_id is None:
        return False
    if uow.session.scalar(select(Case.state).where(Case.id == row.case_id)) not in OPEN:
        return True
    # pathways stand above follow-ups: that one ended is read from the history that all rooms write
    ended = select(TimelineEntry.id).where(
        TimelineEntry.subject_type == "pathway",
        TimelineEntry.subject_id == row.pathway_id,
        TimelineEntry.kind.in_(PATHWAY_ENDS),
        TimelineEntry.at >= since,
    )
    return row.pathway_id is not None and uow.session.scalar(ended.limit(1)) is not None


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _back(name: str, value: Any) -> Any:
    kind = FollowUp.__table__.c[name].type.python_type
    if value is None or not issubclass(kind, date | Enum):
        return value
    return kind(value) if issubclass(kind, Enum) else kind.fromisoformat(value)
