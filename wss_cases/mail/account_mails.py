"""The mails of rooms below this one: an account's invitation, its new address, and the one that shows mail arrives."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import Invitation
from wss_cases.accounts.credentials import invitation_token
from wss_cases.foundation.db import db
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.mail.bounces.pages import ADDRESS_CHANGED, MAIL_TEST


def _invitation(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link(f"/invitation/{invitation_token(message.object_id)}")}


def _invitation_is_open(message: OutboxMessage, actor: Actor) -> bool:
    invitation = db.session.get(Invitation, message.object_id)
    return invitation is not None and invitation.used_at is None and invitation.user_id == actor.user_id


def _account(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link("/account")}


def _always(message: OutboxMessage, actor: Actor) -> bool:
    return message.recipient_id == actor.user_id


MESSAGES = (
    MessageKind("invitation", "invitation", _invitation, _invitation_is_open, to_invited=True),
    MessageKind(ADDRESS_CHANGED, "address_changed", _account, _always, to_invited=True),
    MessageKind(MAIL_TEST, "mail_test", _account, _always),
)


ROOM = Room(messages=MESSAGES)
