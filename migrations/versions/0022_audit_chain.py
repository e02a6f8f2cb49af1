"""The audit chain: sealed rows, heads, and who looked at a case, who asked for a disclosure.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("number", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("settled_id", BIG, nullable=False),
        sa.Column("prev", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_seal_entry_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seal_entry_id")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_seal_prev")),
    )
    op.create_table(
        "case_opening",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_record.id"], name=op.f("fk_case_opening_case_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_case_opening_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_case_opening_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_opening")),
    )
    op.create_table(
        "export_record",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=True),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("form", sa.String(8), nullable=False),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("row_count", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_export_record_school_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_export_record_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_record")),
    )
    op.create_index("ix_case_opening_user", "case_opening", ["user_id", "expires_at"])
    with op.batch_alter_table("disclosure") as batch:
        batch.add_column(sa.Column("asked_by", sa.String(200), server_default="", nullable=False))
    op.create_index(op.f("ix_case_opening_case_id"), "case_opening", ["case_id"])


def downgrade() -> None:
    with op.batch_alter_table("disclosure") as batch:
        batch.drop_column("asked_by")
    op.drop_table("export_record")
    op.drop_table("case_opening")
    op.drop_table("audit_seal")
