"""Indexes for an outbox that holds the mails of years, and how many mails were sent and dropped, counted as it happens.

Revision ID: 0124
Revises: 0123
"""

import sqlalchemy as sa
from alembic import op

revision = "0124"
down_revision = "0123"
branch_labels = None
depends_on = None

TABLE = "outbox_message"
LETTERS = sa.text("kind = 'setup.test_letter'")
DROPPED = sa.text("state = 'dropped'")
COUNT = (
    "INSERT INTO counter (series, value) SELECT 'mail.{0}', count(*) FROM outbox_message WHERE state = '{0}'"
    " AND carried_by_id IS NULL"
)


def upgrade() -> None:
    op.drop_index(f"ix_{TABLE}_dropped", TABLE)
    op.create_index(f"ix_{TABLE}_object", TABLE, ["object_type", "object_id"])
    op.create_index(f"ix_{TABLE}_age", TABLE, ["object_type", "created_at"])
    op.create_index(f"ix_{TABLE}_message_id", TABLE, ["message_id"])
    op.create_index(f"ix_{TABLE}_letters", TABLE, ["id"], sqlite_where=LETTERS, postgresql_where=LETTERS)
    for state in ("sent", "dropped"):
        op.execute(COUNT.format(state))


def downgrade() -> None:
    op.execute("DELETE FROM counter WHERE series IN ('mail.sent', 'mail.dropped')")
    for name in ("letters", "message_id", "age", "object"):
        op.drop_index(f"ix_{TABLE}_{name}", TABLE)
    subject = ["object_type", "object_id"]
    op.create_index(f"ix_{TABLE}_dropped", TABLE, subject, sqlite_where=DROPPED, postgresql_where=DROPPED)
