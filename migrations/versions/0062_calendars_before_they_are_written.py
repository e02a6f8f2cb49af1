"""Calendars' files between their upload and their writing, with what people said of each event.

Revision ID: 0062
Revises: 0061
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _person(name: str) -> sa.Column[int]:
    return sa.Column(name, NUMBER, sa.ForeignKey("user_account.id", name=f"fk_calendar_draft_{name}"))


def upgrade() -> None:
    op.create_table(
        "calendar_draft",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("events", JSON, nullable=False),
        sa.Column("problems", JSON, nullable=False),
        sa.Column("first_day", sa.Date()),
        sa.Column("last_day", sa.Date()),
        _person("made_by_id"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _person("written_by_id"),
        sa.Column("written_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    )
    op.create_index("ix_calendar_draft_school_year", "calendar_draft", ["school_year", "id"])


def downgrade() -> None:
    op.drop_table("calendar_draft")
