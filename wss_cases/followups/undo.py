"""Undoing one's last act on follow-ups: it is an act of its own, with history and audit entries."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from wss_cases.access.actor import STAFF, Actor, in_schools
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.prepared import PreparedFor
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.core.presenters import let_words_go
from wss_cases.followups.core.queries import FollowUpRow, lines, listing, rows_by_id, visible_to
from wss_cases.followups.core.states import RECORDED_ELSEWHERE
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import Labelled, _, _l, ngettext
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.models import OutboxMessage, OutboxState, TimelineEntry
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.calendar.days import settle_again
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

UNDO_FOR = timedelta(minutes=10)
MOST_AT_ONCE = 100
"""The most follow-ups that are moved in one act. The rest stay for the next."""

SPREAD = (2, 3, 5, 10)
"""The numbers of school days over which follow-ups can be spread."""


class CannotUndo(Labelled):
    """Why an act cannot be undone."""

    TAKEN_BACK = "taken_back", _l("This was already undone.")
    TOO_LATE = "too_late", _l("This can be undone for only ten minutes. Change it on its own page.")
    CHANGED = "changed", _l("Someone has changed it since. See its own page.")
    BUILT_ON = "built_on", _l("What it belongs to has since ended. Reopen that first.")


@dataclass(frozen=True)
class Standing:
    """An act on a follow-up as it stands now: when it was done, the version it left, and the present version."""

    at: datetime
    undone: bool
    version: int
    version_now: int
    ended_since: bool


def why_not_undone(act: Standing, now: datetime) -> CannotUndo | None:
    """Why an act of one's own cannot be undone; None when it can.

    A clock that was set back does not lengthen the ten minutes: an act in the future is too late as well.
    """
    if act.undone:
        return CannotUndo.TAKEN_BACK
    if not timedelta(0) <= now - act.at <= UNDO_FOR:
        return CannotUndo.TOO_LATE
    if act.version != act.version_now:
        return CannotUndo.CHANGED
    return CannotUndo.BUILT_ON if act.ended_since else None


_ITS_OWN_PAGE = _l("Its date is set where it is recorded.")
FIXED: dict[str, Any] = {
    **dict.fromkeys(RECORDED_ELSEWHERE, _ITS_OWN_PAGE),
    "agreement_term": _l("The people who made the agreement chose this day."),
    "contact_person_harmed": _l("Someone was harmed: move it separately, with its own reason."),
    "care_screen": _l("It is due the same day."),
    "case_review": _l("Its date is set on the case."),
    "referral_consent_ends": _l("The family’s consent ends on this day."),
}
"""Kinds that are not moved in bulk, and why."""

SAME_DAY = _l("It is due the same day.")


def why_fixed(kind: str, same_day: bool) -> Any:
    """Why a follow-up is not moved in bulk, in words; None when it can be."""
    if kind in FIXED:
        return FIXED[kind]
    return SAME_DAY if same_day else None


def spread(count: int, today: date, number: int, days: SchoolDays) -> list[date]:
    """A day for each of `count` items in order, spread over the next `number` school days as evenly as possible."""
    chosen = [days.add(today, ahead + 1) for ahead in range(number)]
    return [chosen[place * number // count] for place in range(count)]


@dataclass(frozen=True)
class Done:
    """The newest act that its author can still undo: on how many follow-ups, and one of them if it is still theirs."""

    batch: str
    kind: ActKind
    count: int
    row: FollowUpRow | None


def last_act(actor: Actor, now: datetime, follow_up_id: int | None = None) -> Done | None:
    """The actor's newest act of the last ten minutes that no one changed since, on a certain follow-up if given; or
    None.
    """
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
    """The follow-ups that an act of the actor moved together."""
    batch = select(FollowUpAct.batch).where(FollowUpAct.id == act_id, FollowUpAct.user_id == actor.user_id)
    statement = select(FollowUpAct.follow_up_id).where(FollowUpAct.batch == batch.scalar_subquery())
    return list(db.session.scalars(statement))


def given_by(actor: Actor, limit: int) -> tuple[list[FollowUpRow], int]:
    """The follow-ups that the actor assigned to others and may still see, the oldest due first, and their total
    number.
    """
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
    """The actor's own overdue follow-ups, the oldest first; `days` are (school, its date)."""
    overdue: list[tuple[date, int]] = []
    for school_id, today in days:
        dated: Any = select(FollowUp.due_on, FollowUp.id).where(
            FollowUp.owner_id == actor.user_id, FollowUp.school_id == school_id, FollowUp.due_on < today
        )
        statement = visible_to(dated, actor, live=True).order_by(FollowUp.due_on, FollowUp.id).limit(limit)
        overdue += [(row[0], row[1]) for row in db.session.execute(statement)]
    return [number for _day, number in sorted(overdue)[:limit]]


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
"""Columns that an act changes and undoing restores."""

PATHWAY_ENDS = ("pathway.completed", "pathway.ended_early", "pathway.declined", "pathway.left")


def restorable(row: FollowUp) -> dict[str, Any]:
    """The restorable columns of a follow-up, before an act."""
    return {name: _plain(getattr(row, name)) for name in RESTORED}


def remember(uow: UnitOfWork, row: FollowUp, kind: ActKind, before: dict[str, Any], batch: str = "") -> FollowUpAct:
    """Store what an act changed on a follow-up, so that its author can undo it for a while."""
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
    """Undo the actor's acts of a batch. Returns how many could not be undone because someone changed them meanwhile.

    Raises NotFound for acts of others or no longer allowed, and Refused when none can be undone.
    """
    if not batch.isalnum():
        raise NotFound  # no batch of ours has such a name, and a database might not accept it
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
    # checked on the restored follow-up, so that people who gave theirs away can undo that
    require(uow.actor, Permission.FOLLOWUP_WORK, row)
    act.undone_at = uow.now
    uow.record(row, "followup.undone", what=row.kind, act=act.kind.value)
    if row.state is FollowUpState.OPEN:
        let_words_go(row)
        remind_again(uow, row)
        settle_again(uow, row.school_id, row.due_on)
    return None


def bring_back(uow: UnitOfWork, case_id: int, ended_at: datetime | None) -> None:
    """Reopen what a case's closing canceled, when the case is reopened: due as before, or on the next school day if
    that is past.
    """
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
    """Requeue the mails that were dropped while this follow-up did not need them.

    They are the same rows with the same Message-IDs, so that nothing is sent twice, and each is checked again before it
    is sent. The statement waits for mails that a sender holds, so that they are not dropped after this.
    """
    of = (OutboxMessage.object_type == FollowUp.__tablename__, OutboxMessage.object_id == row.id)
    sending = or_(OutboxMessage.state == OutboxState.CLAIMED, OutboxMessage.carried_by_id.is_not(None))
    mails_in_hand = select(OutboxMessage.id).where(*of, sending)
    uow.session.execute(mails_in_hand.with_for_update())
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
    # pathways stand above follow-ups, so the end of one is read from the history that all packages write
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


def undo_line(actor: Actor, now: datetime, follow_up_id: int | None = None) -> dict[str, Any] | None:
    """The confirmation of the actor's last act, on a certain follow-up if given, that can be undone; None
    without one.
    """
    done = last_act(actor, now, follow_up_id)
    return None if done is None else {"batch": done.batch, "words": _words(done)}


def _words(done: Done) -> str:
    if done.count > 1 and done.kind is ActKind.CLOSED:
        return ngettext("%(num)d follow-up closed", "%(num)d follow-ups closed", done.count)
    if done.count > 1:
        return ngettext("%(num)d follow-up moved", "%(num)d follow-ups moved", done.count)
    row = done.row
    if row is None:
        return _("Reassigned to someone else")
    if done.kind is ActKind.CLOSED:
        return _("Closed: %(title)s", title=row.title)
    if done.kind is ActKind.CANCELLED:
        return _("Canceled: %(title)s", title=row.title)
    if done.kind is ActKind.REASSIGNED:
        return _("Reassigned to %(owner)s: %(title)s", owner=row.owner, title=row.title)
    if done.kind is ActKind.SNOOZED:
        return _("Reminders paused until %(day)s: %(title)s", day=day_words(row.snoozed_until), title=row.title)
    return _("Moved to %(day)s: %(title)s", day=day_words(row.due_on), title=row.title)
