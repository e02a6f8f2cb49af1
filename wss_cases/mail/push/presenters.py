"""How a person's devices read on a page."""

from datetime import datetime
from typing import Any

from wss_cases.accounts.sign_in.saved_forms import device_words
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.journal.models import OutboxState
from wss_cases.mail.push.models import PushDelivery, PushDevice
from wss_cases.mail.push.states import REASONS


def device_row(device: PushDevice, last: PushDelivery | None, session_id: int) -> dict[str, Any]:
    """Return one device: what it is, since when, and what became of its last message."""
    words, tone = _last_words(last)
    zone = district_zone()
    return {
        "id": device.id,
        "title": name_of(device.agent),
        "meta": dotted(
            _("turned on from the session you are in now") if device.session_id == session_id else "",
            _("on since %(moment)s", moment=moment_words(device.made_at, zone)),
            reason_words(last.last_error, last.status) if last is not None else "",
        ),
        "tag": words,
        "tone": tone,
    }


def name_of(agent: str) -> str:
    """Return what a browser and its machine are called."""
    browser, machine = device_words(agent)
    both = _("%(browser)s on %(machine)s", browser=browser, machine=machine) if browser and machine else ""
    return both or browser or machine or _("A browser that does not say which")


def reason_words(code: str, status: int | None) -> str:
    """Return why a message did not arrive; '' where nothing went wrong."""
    return str(REASONS[code]) % {"status": status} if code in REASONS else ""


def failure_words(code: str, status: int | None, at: datetime) -> str:
    """Return what went wrong last, and when."""
    when = moment_words(at, district_zone())
    return _("Last failure on %(when)s: %(why)s", when=when, why=reason_words(code, status))


def _last_words(last: PushDelivery | None) -> tuple[str, str]:
    if last is None:
        return _("No message yet"), "slate"
    when = moment_words(last.sent_at or last.created_at, district_zone())
    if last.state is OutboxState.SENT:
        return _("Last message %(when)s", when=when), "moss"
    if last.state is OutboxState.FAILED:
        return _("The last message did not arrive"), "brick"
    return (_("A message is on its way"), "sun") if last.state is not OutboxState.DROPPED else (_("In use"), "moss")
