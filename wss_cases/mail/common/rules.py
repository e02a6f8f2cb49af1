"""Pure decisions about delivery: its hours, the pauses between attempts, and what an answer of the server means."""

import smtplib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from wss_cases.foundation.school_time import local, local_date
from wss_cases.foundation.settings.stored import StoredSetting, fixed
from wss_cases.journal.message_kinds import MailList
from wss_cases.roster.directory.rules import SchoolDays

OPENS = time(6, 30)
CLOSES = time(18, 0)
MAIL_OPENS = StoredSetting("mail.opens_at", time.fromisoformat, fixed(OPENS))
"""From when on school days mail goes that waits for hours: the digest is the first."""
FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP_AFTER = timedelta(hours=48)


class Verdict(Enum):
    """What an attempt to send came to."""

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
    """What a person chose: style `digest`, `single` (one mail a due item instead), or `none` (neither of them)."""

    style: str = "digest"
    weekly: bool = True


def wanted(choice: Choice, mail_list: MailList) -> bool:
    """Whether a person with this choice gets mails of this list."""
    return choice.weekly if mail_list is MailList.WEEKLY else choice.style == mail_list.value


def without(choice: Choice, mail_list: MailList) -> Choice:
    """Return the choice that stops a list and begins no other in its place."""
    if not wanted(choice, mail_list):
        return choice
    if mail_list is MailList.WEEKLY:
        return Choice(choice.style, weekly=False)
    return Choice("none", choice.weekly)


def in_hours(now: datetime, time_zone: str, days: SchoolDays) -> bool:
    """Whether mail that waits for hours may go now: from the district's hour (06:30) to 18:00 on a school day."""
    day = local_date(now, time_zone)
    return MAIL_OPENS.on(day) <= local(now, time_zone).time() < CLOSES and days.is_school_day(day)


def pause_after(attempts: int) -> timedelta:
    """Return the pause after so many failed attempts (1 or more): 5 minutes, doubling, 4 hours at most."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)


def is_over(attempts: int) -> bool:
    """Whether so many attempts have filled 48 hours of pauses."""
    return sum((pause_after(number) for number in range(1, attempts + 1)), timedelta()) >= GIVE_UP_AFTER


def verdict_of(error: Exception) -> Verdict:
    """Return whether an error of sending passes (refused, 4xx, a hang, our own sign-in) or stays (5xx)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
        return Verdict.FAILED if codes and all(code >= 500 for code in codes) else Verdict.RETRY
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return Verdict.RETRY
    if isinstance(error, smtplib.SMTPResponseException):
        return Verdict.FAILED if error.smtp_code >= 500 else Verdict.RETRY
    return Verdict.FAILED if isinstance(error, UnicodeError) else Verdict.RETRY


def error_words(error: Exception) -> str:
    """Return what went wrong for the people who run the system: the kind and the server's code, no addresses."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _words in error.recipients.values()})
        return f"recipient refused ({', '.join(map(str, codes))})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    return type(error).__name__
