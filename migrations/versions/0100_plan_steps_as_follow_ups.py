"""A step of a school's plan is a third thing that a follow-up hangs on, and who leads the plan hears when it is late.

Revision ID: 0100
Revises: 0099
"""

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONE_SUBJECT, LEAD = "ck_follow_up_one_subject", "ck_follow_up_lead_of_step"


def _exactly_one(*columns: str) -> str:
    return " + ".join(f"(case when {column} is not null then 1 else 0 end)" for column in columns) + " = 1"


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as batch:
        batch.add_column(sa.Column("plan_step_id", BIG, nullable=True))
        batch.add_column(sa.Column("lead_id", BIG, nullable=True))
        batch.create_foreign_key(op.f("fk_follow_up_plan_step_id"), "plan_step", ["plan_step_id"], ["id"])
        batch.create_foreign_key(op.f("fk_follow_up_lead_id"), "user_account", ["lead_id"], ["id"])
        batch.drop_constraint(op.f(ONE_SUBJECT), type_="check")
        batch.create_check_constraint(op.f(ONE_SUBJECT), _exactly_one("incident_id", "case_id", "plan_step_id"))
        batch.create_check_constraint(op.f(LEAD), "lead_id is null or plan_step_id is not null")
        batch.create_index("ix_follow_up_plan_step", ["plan_step_id"], unique=True)


def downgrade() -> None:
    op.execute(
        "DELETE FROM follow_up_act WHERE follow_up_id IN (SELECT id FROM follow_up WHERE plan_step_id IS NOT NULL)"
    )
    op.execute("DELETE FROM follow_up WHERE plan_step_id IS NOT NULL")
    with op.batch_alter_table("follow_up") as batch:
        batch.drop_index("ix_follow_up_plan_step")
        batch.drop_constraint(op.f(LEAD), type_="check")
        batch.drop_constraint(op.f(ONE_SUBJECT), type_="check")
        batch.create_check_constraint(op.f(ONE_SUBJECT), _exactly_one("incident_id", "case_id"))
        batch.drop_constraint(op.f("fk_follow_up_lead_id"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_follow_up_plan_step_id"), type_="foreignkey")
        batch.drop_column("lead_id")
        batch.drop_column("plan_step_id")
