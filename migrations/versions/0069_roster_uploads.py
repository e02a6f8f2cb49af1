"""Rosters that are uploaded in the browser, between their upload and their import.

Revision ID: 0069
Revises: 0068
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "roster_upload",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("report", JSON, nullable=False),
        sa.Column("asks", JSON, nullable=False),
        sa.Column("accepted", JSON, nullable=False),
        sa.Column(
            "made_by_id", NUMBER, sa.ForeignKey("user_account.id", name="fk_roster_upload_made_by_id"), nullable=False
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", NUMBER, sa.ForeignKey("user_account.id", name="fk_roster_upload_confirmed_by_id")),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "state in ('checking', 'checked', 'writing', 'written', 'refused')", name=op.f("ck_roster_upload_state")
        ),
    )
    op.create_index("ix_roster_upload_state", "roster_upload", ["state", "id"])
    op.create_table(
        "roster_upload_part",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column(
            "upload_id",
            NUMBER,
            sa.ForeignKey("roster_upload.id", name="fk_roster_upload_part_upload_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("upload_id", "number", name="uq_roster_upload_part_upload_id_number"),
    )


def downgrade() -> None:
    op.drop_table("roster_upload_part")
    op.drop_table("roster_upload")
