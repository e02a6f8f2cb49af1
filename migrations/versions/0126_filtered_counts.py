"""What filters of the whole district find, counted by the scheduler and kept.

Revision ID: 0126
Revises: 0125
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0126"
down_revision = "0125"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLE = "filtered_count"


def upgrade() -> None:
    op.add_column("district_figure", sa.Column("counted_with", BIG, nullable=False, server_default="0"))
    op.create_table(
        TABLE,
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("traits", JSON, nullable=False),
        sa.Column("asked_by_id", BIG, nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("upto", BIG, nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.CheckConstraint("(asked_at is null) = (asked_by_id is null)", name=op.f("ck_filtered_count_asked")),
        sa.CheckConstraint(
            "(figures is null) = (upto is null) and (figures is null) = (counted_at is null)",
            name=op.f("ck_filtered_count_counted"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["user_account.id"], name=op.f("fk_filtered_count_asked_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_filtered_count")),
    )
    op.create_index("ix_filtered_count_asked", TABLE, ["asked_at"])
    op.create_index(op.f("ix_filtered_count_asked_by_id"), TABLE, ["asked_by_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
    with op.batch_alter_table("district_figure") as batch:
        batch.drop_column("counted_with")
