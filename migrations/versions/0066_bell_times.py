"""When a school's bells ring, weekday by weekday, from a day on; what a school has today holds until it says more.

Revision ID: 0066
Revises: 0065
"""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bell_time",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("school_id", NUMBER, sa.ForeignKey("school.id", name="fk_bell_time_school_id"), nullable=False),
        sa.Column("weekday", NUMBER, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("first_bell", sa.Time(), nullable=False),
        sa.Column("last_bell", sa.Time(), nullable=False),
        sa.Column("said_by_id", NUMBER, sa.ForeignKey("user_account.id", name="fk_bell_time_said_by_id")),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("weekday between 0 and 4", name=op.f("ck_bell_time_weekday")),
        sa.CheckConstraint("first_bell < last_bell", name=op.f("ck_bell_time_order")),
    )
    op.create_index("ix_bell_time_school_day", "bell_time", ["school_id", "starts_on"])


def downgrade() -> None:
    op.drop_table("bell_time")
