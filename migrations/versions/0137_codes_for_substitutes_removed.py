"""Codes for substitutes go; their rows are written to a file. Wrong codes of the last minutes are not kept.

Revision ID: 0137
Revises: 0136
"""

import sqlalchemy as sa
from alembic import op

from migrations.removed_rows import drop_table

revision = "0137"
down_revision = "0136"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    drop_table("period_code", revision)
    op.drop_table("period_guess")


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_period_code_{column}"))


def downgrade() -> None:
    """Both tables are empty afterwards: no code that was handed out before opens anything."""
    op.create_table(
        "period_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("teacher_id", BIG, nullable=False),
        sa.Column("period", sa.String(80), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("hour_began", MOMENT, nullable=True),
        sa.Column("marked", BIG, server_default="0", nullable=False),
        _key("school_id", "school"),
        _key("teacher_id", "user_account"),
        _key("made_by_id", "user_account"),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_period_code_times")),
        sa.CheckConstraint("marked >= 0", name=op.f("ck_period_code_marked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_period_code_digest")),
    )
    op.create_index("ix_period_code_school", "period_code", ["school_id", "on_day"])
    op.create_table(
        "period_guess",
        sa.Column("id", BIG, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_guess")),
    )
    op.create_index("ix_period_guess_address", "period_guess", ["address", "at"])
    op.create_index("ix_period_guess_at", "period_guess", ["at"])
