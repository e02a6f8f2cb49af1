"""Pausing and releasing delivery, and what a scheduler's heartbeat tells of its last ticks.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "delivery_pause",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", BIG_ID, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_delivery_pause_one_row")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_delivery_pause_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_pause")),
    )
    with op.batch_alter_table("heartbeat") as batch:
        batch.add_column(sa.Column("swept_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("sweep_ms", BIG_ID, nullable=True))
        batch.add_column(sa.Column("failures", BIG_ID, nullable=False, server_default="0"))
        batch.add_column(sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("failed_part", sa.String(length=20), nullable=False, server_default=""))
        batch.add_column(sa.Column("failed_with", sa.String(length=200), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("heartbeat") as batch:
        for column in ("failed_with", "failed_part", "failed_at", "failures", "sweep_ms", "swept_at"):
            batch.drop_column(column)
    op.drop_table("delivery_pause")
