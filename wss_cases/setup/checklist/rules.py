"""One check of the setup checklist, and the checks of the installation itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from wss_cases.access.actor import Role
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.monitoring import standing
from wss_cases.mail.push.pages import failure_words
from wss_cases.mail.push.queries import devices_live, last_failure, newest_key
from wss_cases.setup.backups import Outcome, is_late, last_good, last_try
from wss_cases.setup.test_letter import last_letters, outcome

SHOWN = 5


class Level(Labelled):
    """`warning`: works, but needs attention. `bad`: does not work, or is not safe."""

    OK = "ok", _l("In order")
    WARNING = "warning", _l("To do")
    BAD = "bad", _l("Does not work")


@dataclass(frozen=True)
class Found:
    """The result of one check."""

    level: Level
    words: str


ok, warning, bad = partial(Found, Level.OK), partial(Found, Level.WARNING), partial(Found, Level.BAD)


@dataclass(frozen=True)
class Check:
    """One line of the checklist. `key` is its name in commands; `page` the endpoint where it is set, '' for none."""

    key: str
    title: Any
    look: Callable[[datetime], Found]
    by: Role
    page: str = ""


def named(missing: list[str], good: str, words: str) -> Found:
    """A warning that lists the missing names, shortened to the first few; fine when nothing is missing."""
    if not missing:
        return ok(good)
    listed = ", ".join(missing[:SHOWN])
    if len(missing) > SHOWN:
        listed = _("%(names)s and %(num)d more", names=listed, num=len(missing) - SHOWN)
    return warning(f"{words}: {listed}.")


def mail(_now: datetime) -> Found:
    if setting("SMTP_URL"):
        return _letter(next(iter(last_letters(limit=1)), None))
    words = _("SMTP_URL is not set: email is written to a folder and reaches no one.")
    return bad(words) if setting("WSS_ENV") == "production" else warning(words)


def _letter(letter: OutboxMessage | None) -> Found:
    if letter is None:
        return ok(_("An email server is set. Send a test email to see whether it accepts email."))
    words, tone = outcome(letter, by_folder=False)
    words = _("Last test email: %(what)s", what=words)
    return {"moss": ok, "brick": bad}.get(tone, warning)(words)


def links(_now: datetime) -> Found:
    if not setting("PUBLIC_URL"):
        return warning(_("PUBLIC_URL is not set: links in emails lead only to this machine."))
    return ok(_("Links in emails lead to PUBLIC_URL."))


def push(now: datetime) -> Found:
    """Whether push messages work, on how many devices, and what failed last."""
    if newest_key() is None:
        return warning(_("WSS_PUSH_KEY is not set: danger and legal deadlines reach people by email alone."))
    count = devices_live(now)
    if not count:
        return warning(_("No device gets push messages yet. People turn them on under Your account."))
    words = [ngettext("%(num)d device gets push messages.", "%(num)d devices get push messages.", count)]
    if failure := last_failure(now):
        return warning(dotted(*words, failure_words(*failure)))
    return ok(dotted(*words))


def scheduler(now: datetime) -> Found:
    """Whether the scheduler runs."""
    words = {
        "ok": _("It is running and sweeping."),
        "not started": _("It was never started. Run: flask scheduler run"),
        "silent": _("None was seen for five minutes. Run: flask scheduler run"),
        "failing": _("It is running, but no sweep succeeds. See System, and its log."),
    }
    state = standing(now).scheduler
    return ok(words[state]) if state == "ok" else bad(words[state])


def backup_check(now: datetime) -> Found:
    """Whether there is a recent backup that was restored as a test."""
    good, tried = last_good(), last_try()
    words = [_("No backup has ever been made.") if good is None else _age(now - good.started_at)]
    failed = tried is not None and tried.outcome not in (Outcome.WHOLE, Outcome.RUNNING)
    by_hand = good is not None and good.outcome is Outcome.BY_HAND
    words += [one.outcome.label for one, is_said in ((tried, failed), (good, by_hand)) if one is not None and is_said]
    if not setting("BACKUP_FOLDER"):
        words.append(_("Name a folder in WSS_BACKUP_FOLDER: every night a backup is made and restored as a test."))
    is_well = good is not None and not (failed or by_hand or is_late(good, now))
    return (ok if is_well else warning)(dotted(*words))


def _age(age: timedelta) -> str:
    days = age // timedelta(days=1)
    return ngettext("The last backup is %(num)d day old.", "The last backup is %(num)d days old.", days)
