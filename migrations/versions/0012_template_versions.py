"""Follow-up templates of a school, their versions, and pathways: which version stands in whose place.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEYS = ("series_id", "instead_of_id")


def upgrade() -> None:
    with op.batch_alter_table("follow_up_template") as batch:
        batch.add_column(sa.Column("pathway", sa.String(40), nullable=False, server_default=""))
        for key in KEYS:
            batch.add_column(sa.Column(key, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_follow_up_template_{key}_follow_up_template"), "follow_up_template", [key], ["id"]
            )


def downgrade() -> None:
    with op.batch_alter_table("follow_up_template") as batch:
        for key in KEYS:
            batch.drop_constraint(op.f(f"fk_follow_up_template_{key}_follow_up_template"), type_="foreignkey")
            batch.drop_column(key)
        batch.drop_column("pathway")
