"""The letter that shows whether email goes out."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage

TEST_LETTER = "setup.test_letter"


def _setup(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"href": link("/setup/test-letter")}


def _own(message: OutboxMessage, actor: Actor) -> bool:
    return message.recipient_id == actor.user_id


MESSAGES = (MessageKind(TEST_LETTER, "test_letter", _setup, _own),)
