"""The count of a council's vote is confirmed by a second person before it decides.

Revision ID: 0109
Revises: 0108
"""

import sqlalchemy as sa
from alembic import op

revision = "0109"
down_revision = "0108"
branch_labels = None
depends_on = None

TABLE = "plan_vote"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHECKS = {
    "confirmed": "(confirmed_at is null) = (confirmed_by_id is null)",
    "second_person": "confirmed_by_id is null or confirmed_by_id <> recorded_by_id",
}


def upgrade() -> None:
    """A vote by which a plan went on before stays as it was; one that a plan still stands before waits to be
    confirmed."""
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("confirmed_by_id", BIG, nullable=True))
        batch.create_foreign_key(op.f(f"fk_{TABLE}_confirmed_by_id"), "user_account", ["confirmed_by_id"], ["id"])
        for name, rule in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), rule)
    op.execute(sa.text("UPDATE school_plan SET council_approved_on = NULL WHERE state = 'council_vote'"))


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(f"ck_{TABLE}_{name}"), type_="check")
        batch.drop_constraint(op.f(f"fk_{TABLE}_confirmed_by_id"), type_="foreignkey")
        batch.drop_column("confirmed_by_id")
        batch.drop_column("confirmed_at")
