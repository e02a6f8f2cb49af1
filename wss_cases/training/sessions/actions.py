"""Sessions of training: add one, put it right, cancel it, sign people in by a list, let them sign in by the code on the
wall."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select

from wss_cases.access.actor import STAFF
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.errors import Overreach, Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.training.records.pages import (
    MOST_MINUTES,
    Training,
    hours_words,
    lock_accounts,
    put_all_on_record,
    put_on_record,
)
from wss_cases.training.records.queries import (
    CORRECTED,
    COUNTS_AGAIN,
    TAKEN_BACK,
    Because,
    TrainingGuess,
    TrainingRecord,
    TrainingSession,
    partner_names,
    staff_of,
)
from wss_cases.training.sessions.messages import (
    AHEAD,
    BACK,
    CANCELED,
    GUESS_WINDOW,
    GUESSES,
    PUT_BACK,
    gone_with,
    guesses,
    new_code,
    session_of_code,
    signed_in,
    standing_again,
)
from wss_cases.training.topics import both_names, every_topic, names_in_both, offered


@dataclass(frozen=True)
class Planned:
    """What a session is: its topic, day, length, and who gives it, a partner of the directory or somebody named."""

    topic: str
    held_on: date
    minutes: int
    provider: str = ""
    partner_id: int | None = None


@use_case
def add_session(uow: UnitOfWork, school_id: int | None, planned: Planned) -> int:
    """Add a session of a school, or of the district (None). Returns its id. Raises Refused, NotFound."""
    row = TrainingSession(school_id=school_id, code="", made_at=uow.now, made_by_id=uow.actor.user_id, **vars(planned))
    require(uow.actor, Permission.TRAINING_MANAGE, row)
    _check(planned, today_at(school_id, uow.now))
    uow.record(row, "training_session.added", training=names_in_both(planned.topic))
    return row.id


def _check(planned: Planned, today: date, before: Planned | None = None) -> None:
    """Raise Refused, naming the field, for what no session can be; what it had `before` it may keep."""
    if planned.topic not in {*offered(today), *([before.topic] if before else [])}:
        raise Refused("topic", _("Choose the training."))
    stays = before is not None and planned.held_on == before.held_on
    if not stays and not today - BACK <= planned.held_on <= today + AHEAD:
        raise Refused("held_on", _("Choose a day from three years ago to one year from now."))
    if not 0 < planned.minutes <= MOST_MINUTES:
        raise Refused("hours", _("Enter the hours as a number above 0, at most 200."))
    if planned.partner_id is not None and planned.provider.strip():
        raise Refused("provider", _("Choose a partner or write a name, not both."))
    if planned.partner_id not in (None, before.partner_id if before else None, *partner_names()):
        raise Refused("partner", _("Choose a partner from the list."))


@use_case
def change_session(uow: UnitOfWork, session_id: int, planned: Planned) -> int:
    """Put a session right, and with it what everyone who was there has on record. What it was stays in its history.

    Returns its id. Raises NotFound, Stale; Refused as adding does, and for a day on which no one can have been there.
    """
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE, uow.version)
    _refuse_canceled(row)
    today, before = today_at(row.school_id, uow.now), planned_of(row)
    _check(planned, today, before)
    there = list(signed_in(row.id).values())
    if there and planned.held_on > today:
        raise Refused("held_on", _("People are signed in already. Choose today or an earlier day."))
    if any(one.valid_until is not None and one.valid_until < planned.held_on for one in there):
        raise Refused("held_on", _("For someone who was there, this training ends before that day. Change that first."))
    for name, value in vars(planned).items():
        setattr(row, name, value)
    topics, given_by = {one.code: one for one in every_topic()}, _given_by(row)
    uow.record(
        row, "training_session.changed", training=both_names(topics[before.topic]), day=before.held_on.isoformat(),
        hours=hours_words(before.minutes),
    )  # fmt: skip
    for one in there:
        one.topic, one.completed_on, one.minutes, one.provider = row.topic, row.held_on, row.minutes, given_by
    for one in there:
        uow.record(one, CORRECTED, training=both_names(topics[row.topic]))
    return row.id


def planned_of(row: TrainingSession) -> Planned:
    """Return what a session is."""
    return Planned(row.topic, row.held_on, row.minutes, row.provider, row.partner_id)


@use_case
def cancel_session(uow: UnitOfWork, session_id: int, because: Because, reason: str) -> int:
    """Cancel a session: it stays with the reason, takes no one, and what people have on record from it counts no more.

    Who was signed in to one that was not held is told by mail; one entered by mistake is seen among their trainings.
    Returns its id. Raises NotFound, Refused without a reason and a second time.
    """
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE)
    _refuse_canceled(row)
    refuse_blank("reason", reason, _("Explain what happened."))
    row.canceled_at, row.canceled_by_id = uow.now, uow.actor.user_id
    row.canceled_because, row.canceled_reason = because, reason
    uow.record(row, CANCELED, because=because.value)
    there, topic = list(signed_in(row.id).values()), names_in_both(row.topic)
    for one in there:
        one.taken_back_at, one.taken_back_by_id = uow.now, uow.actor.user_id
        one.taken_back_reason, one.taken_back_with_session = reason, True
        uow.record(one, TAKEN_BACK, training=topic)
    if because is Because.NOT_HELD:
        _tell(uow, CANCELED, row, there)
    return row.id


@use_case
def put_back(uow: UnitOfWork, session_id: int) -> int:
    """Put a canceled session back as it was, and with it what was taken back by canceling it; whoever was told that it
    was canceled is told. What was recorded another way meanwhile, same topic and day, stays taken back: no hours count
    twice. Returns its id. Raises NotFound, Refused for one that is not canceled."""
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE)
    if row.canceled_at is None:
        raise Refused("", _("This session is not canceled."))
    was_told = row.canceled_because is Because.NOT_HELD
    row.canceled_at = row.canceled_by_id = row.canceled_because = None
    row.canceled_reason = ""
    uow.record(row, PUT_BACK)
    gone, topic = list(uow.session.scalars(gone_with(row.id))), names_in_both(row.topic)
    lock_accounts(uow, [one.user_id for one in gone])
    again = standing_again(gone)
    there = [one for one in gone if (one.user_id, one.topic, one.completed_on) not in again]
    for one in gone:
        one.taken_back_with_session = False
    for one in there:
        one.taken_back_at = one.taken_back_by_id = None
        one.taken_back_reason = ""
        uow.record(one, COUNTS_AGAIN, training=topic)
    if was_told:
        _tell(uow, PUT_BACK, row, there)
    return row.id


def _tell(uow: UnitOfWork, kind: str, row: TrainingSession, there: Iterable[TrainingRecord]) -> None:
    for one in there:
        if one.user_id != uow.actor.user_id:
            uow.notify(one.user_id, kind, row, f"{kind}:{row.id}:{one.user_id}:{uow.now.isoformat()}")


def _refuse_canceled(row: TrainingSession) -> None:
    if row.canceled_at is not None:
        raise Refused("", _("This session is canceled. Put it back first."))


@use_case
def draw_code(uow: UnitOfWork, session_id: int) -> int:
    """Give a session the code that stands on the wall; one that has a code keeps it. Returns its id."""
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE)
    _refuse_canceled(row)
    if row.held_on < today_at(row.school_id, uow.now):
        raise Refused("", _("This session is over. Sign people in by the list."))
    if not row.code:
        row.code = new_code()
        uow.record(row, "training_session.code_drawn")
    else:
        uow.no_audit()
    return row.id


@use_case
def sign_in(uow: UnitOfWork, session_id: int, school_id: int, user_ids: Collection[int]) -> int:
    """Put a session on record of everyone who was ticked and is not signed in yet. Returns the session's id.

    Raises Refused before its day, Overreach for somebody who does not work at the school, NotFound.
    """
    row = uow.load(TrainingSession, session_id, Permission.TRAINING_MANAGE)
    require(uow.actor, Permission.TRAINING_MANAGE, TrainingRecord(school_id=school_id))
    _refuse_canceled(row)
    _refuse_early(row, uow.now)
    here = staff_of(school_id, today_at(school_id, uow.now))
    if row.school_id not in (None, school_id) or not set(user_ids) <= here.keys():
        raise Overreach("people", _("Choose people who work at this school."))
    missing = sorted(set(user_ids) - signed_in(row.id).keys())
    if missing:
        given_by = _given_by(row)
        put_all_on_record(uow, [(school_id, _training(row, user_id, given_by)) for user_id in missing])
        uow.record(row, "training_session.signed_in", number=len(missing))
    else:
        uow.no_audit()
    return row.id


def _refuse_early(row: TrainingSession, now: datetime) -> None:
    if row.held_on > today_at(row.school_id, now):
        raise Refused("", _("This session has not taken place yet."))


def _given_by(row: TrainingSession) -> str:
    return (row.provider or partner_names(active=False).get(row.partner_id or 0, ""))[:200]


def _training(row: TrainingSession, user_id: int, given_by: str) -> Training:
    return Training(user_id, row.topic, row.held_on, minutes=row.minutes, provider=given_by, session_id=row.id)


def sign_in_by_code(call: Invocation, typed: str) -> int:
    """Sign the acting person in to the session whose code they typed. Returns the id of what is on record.

    Raises Refused for a wrong code, and after too many of them, for whatever code.
    """
    number = _sign_self_in(call, typed)
    if not number:
        raise Refused("code", _("No training today has this code. Check it and type it again."))
    return number


@use_case
def _sign_self_in(uow: UnitOfWork, typed: str) -> int:
    """Return the id of what is on record; 0 for a wrong code, which is counted: one at a time for each person."""
    assert uow.actor.user_id is not None
    user_id = uow.actor.user_id
    uow.session.execute(select(UserAccount.id).where(UserAccount.id == user_id).with_for_update())
    if guesses(user_id, uow.now) >= GUESSES:
        raise Refused("code", _("Too many wrong codes. Try again in 15 minutes, or ask to be signed in by the list."))
    found = session_of_code(uow.actor, typed, uow.now)
    if found is None:
        uow.session.execute(delete(TrainingGuess).where(TrainingGuess.at <= uow.now - GUESS_WINDOW))
        uow.session.add(TrainingGuess(user_id=user_id, at=uow.now))
        uow.no_audit()
        return 0
    row = uow.session.get_one(TrainingSession, found.id, with_for_update=True, populate_existing=True)
    if row.canceled_at is not None:
        raise Refused("code", _("This training was canceled."))
    mine = select(TrainingRecord).where(TrainingRecord.session_id == row.id, TrainingRecord.user_id == user_id)
    known = uow.session.scalars(mine.order_by(TrainingRecord.id.desc())).first()
    if known is not None and known.taken_back_at is None:
        uow.no_audit()
        return known.id
    if known is not None:
        raise Refused("code", _("Your sign-in to this training was taken back. Ask the person who leads it."))
    school_id = row.school_id if row.school_id is not None else min(uow.actor.school_ids(*STAFF))
    return put_on_record(uow, school_id, _training(row, user_id, _given_by(row)))
