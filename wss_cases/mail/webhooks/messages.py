"""The mail that says that a webhook was turned off by itself: no name, no address, a link."""

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.webhooks.queries import load_webhook
from wss_cases.mail.webhooks.sending import OFF


def _still_off(message: OutboxMessage, actor: Actor) -> bool:
    hook = load_webhook(message.object_id)
    return hook is not None and not hook.is_on and can(actor, Permission.WEBHOOK_EDIT, hook)


MESSAGES = (MessageKind(OFF, "webhook_off", leads_to("/settings/webhooks/{id}"), _still_off),)
