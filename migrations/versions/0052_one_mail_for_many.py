"""That one mail stands for several queued ones.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox_message", sa.Column("carried_by_id", sa.BigInteger()))
    carried = sa.text("carried_by_id is not null")
    op.create_index(
        "ix_outbox_message_carried", "outbox_message", ["carried_by_id"],
        sqlite_where=carried, postgresql_where=carried,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_outbox_message_carried", "outbox_message")
    op.drop_column("outbox_message", "carried_by_id")
