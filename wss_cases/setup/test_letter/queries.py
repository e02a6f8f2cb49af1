"""What became of the last test letters."""

from collections.abc import Sequence

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage
from wss_cases.setup.test_letter.messages import TEST_LETTER

SHOWN = 5


def last_letters(user_id: int | None = None, limit: int = SHOWN) -> Sequence[OutboxMessage]:
    """Return the last test letters, of a person or of all, the newest first; the caller has checked the permission."""
    statement = select(OutboxMessage).where(OutboxMessage.kind == TEST_LETTER).order_by(OutboxMessage.id.desc())
    if user_id is not None:
        statement = statement.where(OutboxMessage.recipient_id == user_id)
    return db.session.scalars(statement.limit(limit)).all()
