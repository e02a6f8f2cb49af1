"""Each backup that was begun, and what became of it.

Revision ID: 0076
Revises: 0075
"""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OUTCOMES = ("running", "whole", "by_hand", "full", "folder", "database", "unlike", "broken", "killed")


def upgrade() -> None:
    op.create_table(
        "backup_run",
        sa.Column("id", BIG, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("held_until", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="outcome", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("file", sa.String(255), server_default="", nullable=False),
        sa.Column("table_count", BIG, server_default="0", nullable=False),
        sa.Column("row_count", BIG, server_default="0", nullable=False),
        sa.Column("tried_in", sa.String(20), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_run")),
    )


def downgrade() -> None:
    op.drop_table("backup_run")
