"""Whether a guardian of a student may be contacted and may receive records, and what keeps them away.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "guardian_limit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("student_id", BIG, nullable=False),
        sa.Column("guardian_id", BIG, nullable=False),
        sa.Column("may_contact", sa.Boolean()),
        sa.Column("may_receive_records", sa.Boolean()),
        sa.Column(
            "restriction",
            sa.Enum(
                "custody_order",
                "order_of_protection",
                "no_contact",
                name="restriction",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
        ),
        sa.Column("restricted_on", sa.Date()),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(restriction is null) = (restricted_on is null)", name=op.f("ck_guardian_limit_dated")),
        sa.CheckConstraint(
            "restriction is null or (not may_contact and not may_receive_records)",
            name=op.f("ck_guardian_limit_restricted"),
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_guardian_limit_student_id")),
        sa.ForeignKeyConstraint(["guardian_id"], ["guardian.id"], name=op.f("fk_guardian_limit_guardian_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardian_limit")),
        sa.UniqueConstraint("student_id", "guardian_id", name=op.f("uq_guardian_limit_student_id_guardian_id")),
    )
    op.create_index(op.f("ix_guardian_limit_guardian_id"), "guardian_limit", ["guardian_id"])


def downgrade() -> None:
    op.drop_table("guardian_limit")
