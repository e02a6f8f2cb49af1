"""Private calendar addresses, and who was invited to a meeting.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _moment(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refer(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        _key("id"),
        _key("user_id"),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        _moment("made_at"),
        _moment("ended_at", nullable=True),
        _moment("last_read_at", nullable=True),
        _moment("counted_from"),
        _key("reads"),
        _refer("calendar_feed", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_calendar_feed_secret_digest")),
    )
    op.create_index(
        "uq_calendar_feed_live",
        "calendar_feed",
        ["user_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "meeting_invitation",
        _key("id"),
        _key("meeting_id"),
        _key("user_id"),
        _key("pathway_id"),
        _key("case_id"),
        _key("school_id"),
        _key("sequence"),
        _moment("starts_at"),
        _key("minutes"),
        sa.Column("room", sa.String(length=80), nullable=False),
        _moment("told_at"),
        _moment("withdrawn_at", nullable=True),
        _refer("meeting_invitation", "meeting_id", "circle_meeting"),
        _refer("meeting_invitation", "user_id", "user_account"),
        _refer("meeting_invitation", "pathway_id", "pathway"),
        _refer("meeting_invitation", "case_id", "case_record"),
        _refer("meeting_invitation", "school_id", "school"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_invitation")),
        sa.UniqueConstraint("meeting_id", "user_id", name=op.f("uq_meeting_invitation_meeting_id_user_id")),
    )
    op.create_index(
        "ix_meeting_invitation_open",
        "meeting_invitation",
        ["starts_at"],
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("DELETE FROM outbox_message WHERE kind = 'circle.invitation'")
    op.drop_index("ix_meeting_invitation_open", table_name="meeting_invitation")
    op.drop_table("meeting_invitation")
    op.drop_index("uq_calendar_feed_live", table_name="calendar_feed")
    op.drop_table("calendar_feed")
