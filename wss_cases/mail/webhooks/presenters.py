"""How webhooks and what became of their events read on a page."""

from typing import Any

from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import district_zone
from wss_cases.journal.models import OutboxState
from wss_cases.mail.webhooks.models import Webhook, WebhookDelivery
from wss_cases.mail.webhooks.states import CHOSEN, REASONS, STATES, WHY_OFF


def tag_of(hook: Webhook, failing: bool) -> tuple[str, str]:
    """Return whether a webhook is on, and its tone."""
    if not hook.is_on:
        return _("Turned off"), "brick" if hook.why_off else "slate"
    return (_("Failing"), "brick") if failing else (_("In use"), "moss")


def told_words(hook: Webhook) -> str:
    """Return what a webhook is told of, and where."""
    events = ", ".join(str(words) for value, words in CHOSEN.items() if value in hook.events)
    number = len(hook.school_ids)
    return dotted(events, ngettext("%(num)d school", "%(num)d schools", number) if number else _("every school"))


def why_off_words(hook: Webhook) -> str:
    """Return why a webhook was turned off by itself; '' where a person did that, or it is on."""
    return str(WHY_OFF[hook.why_off]) if hook.why_off else ""


def delivery_row(row: WebhookDelivery) -> dict[str, Any]:
    """Return one event: what, when, and what became of it."""
    words, tone = STATES[row.state]
    if row.state is OutboxState.WAITING and row.last_error:
        words, tone = _("Tried again"), "brick"
    reason = str(REASONS[row.last_error]) % {"status": row.status} if row.last_error in REASONS else ""
    again = _("next at %(moment)s", moment=moment_words(row.next_attempt_at, district_zone()))
    return {
        "title": dotted(str(row.event.label), moment_words(row.created_at, district_zone())),
        "meta": dotted(
            row.message_id,
            ngettext("%(num)d attempt", "%(num)d attempts", row.attempts) if row.attempts else "",
            reason,
            again if row.state is OutboxState.WAITING and row.attempts else "",
        ),
        "tag": words,
        "tone": tone,
    }
