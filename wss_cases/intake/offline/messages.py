"""The mails about what was written without network and not filed: no names, a link."""

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.intake.offline.models import OfflineEntry
from wss_cases.intake.offline.states import GONE, WAITS, EntryState
from wss_cases.journal.message_kinds import MessageKind, leads_to
from wss_cases.journal.models import OutboxMessage


def _is_in(state: EntryState, message: OutboxMessage, actor: Actor) -> bool:
    row = db.session.get(OfflineEntry, message.object_id)
    return row is not None and row.state is state and row.user_id == actor.user_id


def _still_waits(message: OutboxMessage, actor: Actor) -> bool:
    return _is_in(EntryState.TO_MEND, message, actor)


def _went(message: OutboxMessage, actor: Actor) -> bool:
    return _is_in(EntryState.ERASED, message, actor)


MESSAGES = (
    MessageKind(WAITS, "offline_waits", leads_to("/offline/waiting"), _still_waits),
    MessageKind(GONE, "offline_gone", leads_to("/offline/waiting"), _went),
)
