"""An answer of a plan keeps what another person wrote over; what is taken out of a plan is marked with the day.

Revision ID: 0103
Revises: 0102
"""

import sqlalchemy as sa
from alembic import op

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REMOVABLE = ("plan_goal", "plan_strategy", "plan_step")


def upgrade() -> None:
    for table in REMOVABLE:
        op.add_column(table, sa.Column("removed_on", sa.Date(), nullable=True))
    with op.batch_alter_table("plan_answer") as answers:
        answers.add_column(sa.Column("earlier_text", sa.Text(), nullable=False, server_default=""))
        answers.add_column(sa.Column("earlier_by_id", BIG, nullable=True))
        answers.create_foreign_key(op.f("fk_plan_answer_earlier_by_id"), "user_account", ["earlier_by_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("plan_answer") as answers:
        answers.drop_constraint(op.f("fk_plan_answer_earlier_by_id"), type_="foreignkey")
        answers.drop_column("earlier_by_id")
        answers.drop_column("earlier_text")
    for table in reversed(REMOVABLE):
        op.drop_column(table, "removed_on")
