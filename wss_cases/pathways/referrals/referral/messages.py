"""The mails about referrals: that one came, that one ended, that an answer is overdue. Never a name or a text."""

from datetime import date
from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.followups.reminders.pages import escalation_words
from wss_cases.followups.reminders.rules import TO_LEAD, EscalationReason
from wss_cases.foundation.clock import now
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.common.queries import parted
from wss_cases.pathways.referrals.referral.overdue import late_referral
from wss_cases.pathways.referrals.referral.queries import load_referral

SENT = "referral.sent"
ENDED = "referral.ended"
OVERDUE = "referral.overdue"


def overdue_key(referral_id: int, due_on: date, user_id: int) -> str:
    """Return the key under which one person is told once that an answer or first service is overdue."""
    return f"{OVERDUE}:{referral_id}:{due_on.isoformat()}:{user_id}"


def _sent(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A referral for your organization"),
        "words": _("A school sent a referral to your organization. Sign in to read and answer it."),
        "href": link(f"/partner/referrals/{message.object_id}"),
        "go": _("Open the referral"),
    }


def _ended(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {
        "subject": _("A referral has ended"),
        "words": _(
            "A referral to your organization has ended, and its page is closed. You do not need to do anything."
        ),
        "href": link("/partner"),
        "go": _("Open your list"),
    }


def _overdue(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    row = load_referral(message.object_id)
    late = late_referral(now(), message.object_id)
    if row is None or late is None or actor.user_id is None or actor.user_id not in late.people:
        return None
    reason = EscalationReason(late.days, TO_LEAD, late.people[actor.user_id])
    return {
        "subject": _("A partner is late with a referral"),
        "words": _("A partner has not answered a referral from your school, or not started the service, in time.")
        + " "
        + escalation_words(reason),
        "href": link(f"/cases/{row.case_id}/pathways/{row.pathway_id}"),
        "go": _("Open the referral"),
    }


def _partner_has_it(message: OutboxMessage, actor: Actor) -> bool:
    return can(actor, Permission.REFERRAL_ANSWER, load_referral(message.object_id))


def _was_theirs(message: OutboxMessage, actor: Actor) -> bool:
    row = load_referral(message.object_id)
    return row is not None and row.partner_id in actor.partner_ids() and not row.is_open_to_partner(now())


def _still_late(message: OutboxMessage, actor: Actor) -> bool:
    row, late = load_referral(message.object_id), late_referral(now(), message.object_id)
    return (
        late is not None
        and row is not None
        and bool(parted(actor, row.school_id, [row.pathway])[0])
        and actor.user_id is not None
        and actor.user_id in late.people
        and message.dedupe_key == overdue_key(late.referral_id, late.due_on, actor.user_id)
        and can(actor, Permission.CASE_READ, row)
    )


MESSAGES = (
    MessageKind(SENT, "referral", _sent, _partner_has_it),
    MessageKind(ENDED, "referral", _ended, _was_theirs),
    MessageKind(OVERDUE, "referral", _overdue, _still_late),
)
