"""Whom a follow-up of a pathway or a safety plan is about, by their part in the case.

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as batch:
        batch.add_column(sa.Column("participant_id", BIG, nullable=True))
        batch.create_foreign_key(op.f("fk_follow_up_participant_id"), "case_participant", ["participant_id"], ["id"])
    op.execute(
        "UPDATE follow_up SET participant_id = "
        "(SELECT p.participant_id FROM pathway p WHERE p.id = follow_up.pathway_id) WHERE pathway_id IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("follow_up") as batch:
        batch.drop_constraint(op.f("fk_follow_up_participant_id"), type_="foreignkey")
        batch.drop_column("participant_id")
