"""Daily figures and saved views.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _figures() -> list[sa.Column]:
    return [
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("serious", sa.Integer(), nullable=False),
        sa.Column("parts", JSON, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "daily_figure",
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *_figures(),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_daily_figure_school_id")),
        sa.PrimaryKeyConstraint("school_id", "day", name=op.f("pk_daily_figure")),
    )
    op.create_index("ix_daily_figure_day", "daily_figure", ["day"])
    op.create_table(
        "district_figure",
        sa.Column("day", sa.Date(), nullable=False),
        *_figures(),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_district_figure")),
    )
    op.create_table(
        "figure_state",
        sa.Column("id", BIG, nullable=False),
        sa.Column("upto", BIG, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counted_school_id", BIG, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_figure_state_only_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_state")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("narrowed", JSON, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_saved_view_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_view_user_id_name")),
    )


def downgrade() -> None:
    for name in ("saved_view", "figure_state", "district_figure", "daily_figure"):
        op.drop_table(name)
