"""A consent that is renewed stays as it was signed, beside the one in its place.

Revision ID: 0040
Revises: 0039
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

COUNTS = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("referral_consent") as batch_op:
        batch_op.add_column(sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            op.f("fk_referral_consent_replaces_id"), "referral_consent", ["replaces_id"], ["id"]
        )
        batch_op.create_unique_constraint(op.f("uq_referral_consent_replaces_id"), ["replaces_id"])
        batch_op.drop_constraint(op.f("uq_referral_consent_referral_id"), type_="unique")
        batch_op.create_index(op.f("ix_referral_consent_referral_id"), ["referral_id"])
    op.create_index(
        "uq_referral_consent_counts", "referral_consent", ["referral_id"], unique=True,
        sqlite_where=COUNTS, postgresql_where=COUNTS,
    )  # fmt: skip


def downgrade() -> None:
    # the schema before has one consent for each referral: the one that counts
    op.execute("UPDATE referral_consent SET replaces_id = NULL")
    op.execute("DELETE FROM referral_consent WHERE replaced_at IS NOT NULL")
    op.drop_index("uq_referral_consent_counts", table_name="referral_consent")
    with op.batch_alter_table("referral_consent") as batch_op:
        batch_op.drop_index(op.f("ix_referral_consent_referral_id"))
        batch_op.create_unique_constraint(op.f("uq_referral_consent_referral_id"), ["referral_id"])
        batch_op.drop_constraint(op.f("uq_referral_consent_replaces_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_referral_consent_replaces_id"), type_="foreignkey")
        batch_op.drop_column("replaces_id")
        batch_op.drop_column("replaced_at")
