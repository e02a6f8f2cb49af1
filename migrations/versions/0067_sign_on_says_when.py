"""Whether the sign-on that a session came through says when it asked; those that there are all had to.

Revision ID: 0067
Revises: 0066
"""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_session", sa.Column("says_when", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("update user_session set says_when = by_sign_on")
    op.execute("update user_session set verified_at = created_at where verified_at is null")


def downgrade() -> None:
    op.drop_column("user_session", "says_when")
