"""Who said, and when, that the facts behind a removal were verified and the student was heard.

Nothing was kept of it before: those removals say nothing of it.

Revision ID: 0050
Revises: 0049
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.add_column(sa.Column("facts_verified_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("facts_verified_by_id", NUMBER, nullable=True))
        batch.create_foreign_key(
            op.f("fk_discipline_action_facts_verified_by_id"), "user_account", ["facts_verified_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.drop_constraint(op.f("fk_discipline_action_facts_verified_by_id"), type_="foreignkey")
        batch.drop_column("facts_verified_by_id")
        batch.drop_column("facts_verified_at")
