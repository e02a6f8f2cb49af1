"""What each scheduler saw of the database's servers when it looked last.

Revision ID: 0119
Revises: 0118
"""

import sqlalchemy as sa
from alembic import op

revision = "0119"
down_revision = "0118"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "standby_watch",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("seen_at", MOMENT),
        sa.Column("failed_at", MOMENT),
        sa.Column("failed_with", sa.String(200), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_standby_watch")),
    )


def downgrade() -> None:
    op.drop_table("standby_watch")
