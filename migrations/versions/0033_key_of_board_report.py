"""A board report says which key it was sealed under, so that a newer one can reach it.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("board_report", sa.Column("key_name", sa.String(16), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("board_report") as batch_op:
        batch_op.drop_column("key_name")
