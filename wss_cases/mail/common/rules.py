"""Decisions about delivery: its hours, pauses between attempts, what an answer of the server means, and the round."""

import math
import secrets
import smtplib
import time as time_module
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import reach
from wss_cases.foundation.school_time import local, local_date, today_at
from wss_cases.foundation.settings import StoredSetting, fixed
from wss_cases.journal.message_kinds import MailList
from wss_cases.journal.models import Counter, OutboxMessage, OutboxState
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.common import pages
from wss_cases.mail.common.pages import Heartbeat, MailChoice, MailTrouble
from wss_cases.roster.directory.models import CalendarDay, School
from wss_cases.roster.directory.rules import SchoolDays, merge_days

OPENS = time(6, 30)
CLOSES = time(18, 0)
MAIL_OPENS = StoredSetting("mail.opens_at", time.fromisoformat, fixed(OPENS))
"""From this time on school days emails that wait for hours are sent, the digest first."""
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(hours=48)


class Verdict(Enum):
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"


@dataclass(frozen=True)
class Planned:
    """One message to queue: ids only."""

    recipient_id: int
    kind: str
    object_type: str
    object_id: int
    school_id: int | None
    dedupe_key: str
    at_any_hour: bool = False


@dataclass(frozen=True)
class Choice:
    """A person's choice: style `digest`, `single` (one email for each due item), or `none` (neither)."""

    style: str = "digest"
    weekly: bool = True


def wanted(choice: Choice, mail_list: MailList) -> bool:
    return choice.weekly if mail_list is MailList.WEEKLY else choice.style == mail_list.value


def without(choice: Choice, mail_list: MailList) -> Choice:
    """The choice that stops a list and starts no other in its place."""
    if not wanted(choice, mail_list):
        return choice
    if mail_list is MailList.WEEKLY:
        return Choice(choice.style, weekly=False)
    return Choice("none", choice.weekly)


def in_hours(now: datetime, time_zone: str, days: SchoolDays) -> bool:
    """Whether email that waits for hours may go now: from the district's hour (06:30) to 18:00 on a school day."""
    day = local_date(now, time_zone)
    return MAIL_OPENS.on(day) <= local(now, time_zone).time() < CLOSES and days.is_school_day(day)


def pause_after(attempts: int) -> timedelta:
    """The pause after so many failed attempts (1 or more): 5 minutes, doubling, at most 4 hours."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)


def is_over(attempts: int) -> bool:
    """Whether the pauses of so many attempts add up to 48 hours."""
    return sum((pause_after(number) for number in range(1, attempts + 1)), timedelta()) >= GIVE_UP_AFTER


def verdict_of(error: Exception) -> Verdict:
    """Whether a sending error is temporary (refused, 4xx, a timeout, our own sign-in) or permanent (5xx)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
        return Verdict.FAILED if codes and all(code >= 500 for code in codes) else Verdict.RETRY
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Verdict.RETRY
    if isinstance(error, smtplib.SMTPResponseException):
        return Verdict.FAILED if error.smtp_code >= 500 else Verdict.RETRY
    return Verdict.FAILED if isinstance(error, UnicodeError) else Verdict.RETRY


def error_words(error: Exception) -> str:
    """What went wrong, for the people who run the system: the kind and the server's code, no addresses."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _words in error.recipients.values()})
        return f"recipient refused ({', '.join(map(str, codes))})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__


def after_error(error: Exception, attempts: int, now: datetime) -> tuple[Verdict, dict[str, Any]]:
    """The verdict on an email that could not be sent at this attempt, and the values of its row."""
    verdict = verdict_of(error)
    if verdict is Verdict.RETRY and is_over(attempts):
        verdict = Verdict.FAILED
    state = OutboxState.FAILED if verdict is Verdict.FAILED else OutboxState.WAITING
    values = {"state": state, "attempts": attempts, "last_error": error_words(error)}
    return verdict, values | {"next_attempt_at": now + pause_after(attempts)}


NEAR = timedelta(days=90)
UNSENT = (OutboxState.WAITING, OutboxState.CLAIMED)
EVER = {OutboxState.SENT: "mail.sent", OutboxState.DROPPED: "mail.dropped"}
"""The series that count what came to such an end."""


def heartbeats(limit: int = 10) -> list[Heartbeat]:
    return list(db.session.scalars(select(Heartbeat).order_by(Heartbeat.at.desc()).limit(limit)))


def days_near(school_ids: Collection[int], day: date) -> dict[int, SchoolDays]:
    """Each school's days for the three months from a date, in one query."""
    return days_from(school_ids, day - timedelta(days=1), day + NEAR)


def days_from(school_ids: Collection[int], first: date, last: date) -> dict[int, SchoolDays]:
    """Each school's days from a first to a last date, in one query."""
    statement = select(CalendarDay.school_id, CalendarDay.day, CalendarDay.kind).where(
        CalendarDay.day >= first,
        CalendarDay.day <= last,
        or_(CalendarDay.school_id.is_(None), CalendarDay.school_id.in_(sorted(school_ids))),
    )
    rows = db.session.execute(statement).all()
    shared = [(row.day, row.kind, False) for row in rows if row.school_id is None]
    own: dict[int, list[tuple[date, object, bool]]] = {}
    for row in rows:
        if row.school_id is not None:
            own.setdefault(row.school_id, []).append((row.day, row.kind, True))
    common = SchoolDays(merge_days(shared))
    return {
        number: SchoolDays(merge_days([*shared, *own[number]])) if number in own else common  # type: ignore[list-item]
        for number in school_ids
    }


def queued_keys(keys: Collection[str]) -> set[str]:
    """Those of these dedupe keys that `queue` would leave unchanged: in the outbox, and not dropped."""
    wanted = select(OutboxMessage.dedupe_key).where(
        OutboxMessage.dedupe_key.in_(keys), OutboxMessage.state != OutboxState.DROPPED
    )
    return set(db.session.scalars(wanted)) if keys else set()


def open_schools(now: datetime) -> list[int]:
    """The schools with email waiting for hours, where those hours are now."""
    waiting = select(OutboxMessage.school_id).where(
        OutboxMessage.state.in_(UNSENT), OutboxMessage.at_any_hour.is_(False), OutboxMessage.next_attempt_at <= now
    )
    return schools_in_hours(waiting, now)


def schools_in_hours(waiting: Select[Any], now: datetime) -> list[int]:
    """Those of a select of school ids where the hours of email are now."""
    schools = db.session.execute(select(School.id, School.time_zone).where(School.id.in_(waiting))).all()
    if not schools:
        return []
    days = days_near([row.id for row in schools], today_at(None, now))
    return [row.id for row in schools if in_hours(now, row.time_zone, days[row.id])]


def queue_depth() -> dict[str, int]:
    """How many messages wait, are being sent or failed, and how many were sent or dropped in all.

    The last two are counted as they happen: counting them here would read the rows of years.
    """
    statement = select(OutboxMessage.state, func.count()).where(OutboxMessage.state.in_((*UNSENT, OutboxState.FAILED)))
    counts = {row[0].value: row[1] for row in db.session.execute(statement.group_by(OutboxMessage.state))}
    ever = {of.value: series for of, series in EVER.items()}
    counted = db.session.execute(select(Counter.series, Counter.value).where(Counter.series.in_(ever.values())))
    known = {row.series: row.value for row in counted}
    return {state.value: counts.get(state.value, known.get(ever.get(state.value, ""), 0)) for state in OutboxState}


def oldest_waiting() -> datetime | None:
    """Since when the oldest unsent message waits; None without one."""
    statement = select(func.min(OutboxMessage.created_at)).where(OutboxMessage.state.in_(UNSENT))
    return db.session.execute(statement).scalar_one_or_none()


def failed_mail(limit: int = 50) -> list[tuple[OutboxMessage, str]]:
    """The messages that failed for good, the newest first, with their recipients' addresses."""
    statement = (
        select(OutboxMessage, UserAccount.email)
        .join(UserAccount, UserAccount.id == OutboxMessage.recipient_id)
        .where(OutboxMessage.state == OutboxState.FAILED, OutboxMessage.carried_by_id.is_(None))
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def choices_of(user_ids: Collection[int]) -> dict[int, Choice]:
    """Each person's choice of emails; the defaults for people who chose nothing."""
    statement = select(MailChoice.user_id, MailChoice.style, MailChoice.weekly)
    rows = db.session.execute(statement.where(MailChoice.user_id.in_(user_ids)))
    chosen = {row.user_id: Choice(row.style.value, row.weekly) for row in rows}
    return {user_id: chosen.get(user_id, Choice()) for user_id in user_ids}


def choice_of(user_id: int) -> Choice:
    return choices_of([user_id])[user_id]


def unreachable() -> set[int]:
    """The people whose present address is unreachable; usually none."""
    statement = select(MailTrouble.user_id).join(UserAccount, UserAccount.id == MailTrouble.user_id)
    return set(db.session.scalars(statement.where(UserAccount.email == MailTrouble.address)))


def send_rows(
    model: Any, attempt: Callable[[int, str], Verdict | None], batch: int, now: datetime, seconds: float | None,
    *which: Callable[[], ColumnElement[bool]],
) -> dict[str, int]:  # fmt: skip
    """Claim due rows in batches under `which` conditions and attempt each; returns how many ended in each verdict.

    `attempt(id, token)` returns None where nothing was sent. After `seconds` (None: no limit) it begins no other row.
    """
    end = math.inf if seconds is None else time_module.monotonic() + seconds
    counts = {verdict.value: 0 for verdict in Verdict}
    token, took = secrets.token_hex(16), False
    try:
        while time_module.monotonic() < end and (claimed := _claimed(model, token, batch, now, which)):
            took = True
            reach("deliver.after_claim")
            for row_id in claimed:
                verdict = attempt(row_id, token) if time_module.monotonic() < end else None
                if verdict is not None:
                    counts[verdict.value] += 1
    finally:
        if took:
            pages.give_back(model, token, now)
    return counts


def _claimed(
    model: Any, token: str, batch: int, now: datetime, which: Sequence[Callable[[], ColumnElement[bool]]]
) -> list[int]:
    # Asked first without a lock, because mostly nothing waits.
    if not db.session.scalar(select(exists().where(model.state.in_(UNSENT), model.next_attempt_at <= now))):
        return []
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        return pages.claim(uow, model, token, now, batch, *(condition() for condition in which))
