"""Taking back what one just did to follow-ups: an act of its own, with its timeline and audit."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.access.prepared import PreparedFor
from wss_cases.access.scope import in_schools
from wss_cases.cases.case.models import OPEN, Case
from wss_cases.followups.core.models import ActKind, FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.core.pages import let_words_go
from wss_cases.followups.core.queries import FollowUpRow, lines, listing, rows_by_id, visible_to
from wss_cases.followups.core.states import RECORDED_ELSEWHERE
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.models import OutboxMessage, OutboxState, TimelineEntry
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.calendar.days import settle_again
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

UNDO_FOR = timedelta(minutes=10)
MOST_AT_ONCE = 100
"""How many follow-ups are moved in one act: the rest stay for the next."""

SPREAD = (2, 3, 5, 10)
"""Over how many school days a heap can be spread."""


class CannotUndo(Labelled):
    """Why an act stands and is not taken back."""

    TAKEN_BACK = "taken_back", _l("This was already undone.")
    TOO_LATE = "too_late", _l("This can be undone for only ten minutes. Change it on its own page.")
    CHANGED = "changed", _l("Someone has changed it since. See its own page.")
    BUILT_ON = "built_on", _l("What it belongs to has since ended. Reopen that first.")


@dataclass(frozen=True)
class Standing:
    """How an act on one follow-up stands now: when it was done, the version it left, and what is there today."""

    at: datetime
    undone: bool
    version: int
    version_now: int
    ended_since: bool


def why_not_undone(act: Standing, now: datetime) -> CannotUndo | None:
    """Return why an act of one's own may not be taken back; None when it may.

    A clock that was put back does not lengthen the ten minutes: an act of the future is too late as well.
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
"""Kinds that no bulk act moves, and why."""

SAME_DAY = _l("It is due the same day.")


def why_fixed(kind: str, same_day: bool) -> Any:
    """Return in words why a follow-up is not moved together with others; None when it may be."""
    if kind in FIXED:
        return FIXED[kind]
    return SAME_DAY if same_day else None


def spread(count: int, today: date, number: int, days: SchoolDays) -> list[date]:
    """Return a day for each of `count` things in order, over the next `number` school days, as evenly as can be."""
    chosen = [days.add(today, ahead + 1) for ahead in range(number)]
    return [chosen[place * number // count] for place in range(count)]


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


def undo_line(actor: Actor, now: datetime, follow_up_id: int | None = None) -> dict[str, Any] | None:
    """Return the confirmation of what somebody just did (to one follow-up) and may take back; None without one."""
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
