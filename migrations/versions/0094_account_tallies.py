"""Who of a large roster's staff gets an account is kept between two looks at it.

Revision ID: 0094
Revises: 0093
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

STANDINGS = ("new", "adds", "returns", "has", "no_address", "taken", "student", "no_rule", "none")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IDS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account_tally",
        sa.Column("standing", sa.String(40), nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("staff_ids", IDS, nullable=False),
        sa.Column("seen", sa.String(80), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("standing", name=op.f("pk_account_tally")),
        sa.CheckConstraint(
            f"standing IN ({', '.join(repr(one) for one in STANDINGS)})", name=op.f("ck_account_tally_standing")
        ),
    )
    op.create_index("ix_staff_member_user_id", "staff_member", ["user_id"])


def downgrade() -> None:
    op.drop_index("ix_staff_member_user_id", "staff_member")
    op.drop_table("account_tally")
