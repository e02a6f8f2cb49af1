"""A training session can be canceled with a reason, and put back with what people had on record from it.

Revision ID: 0122
Revises: 0121
"""

import sqlalchemy as sa
from alembic import op

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SESSION, RECORD = "training_session", "training_record"
CHECKS = {
    "canceled": "(canceled_at is null) = (canceled_because is null) and (canceled_at is null) = (canceled_reason = '')",
    "canceled_because": "canceled_because IN ('not_held', 'in_error')",
}
CANCELER = f"fk_{SESSION}_canceled_by_id"
WITH_SESSION = f"ck_{RECORD}_with_session"


def upgrade() -> None:
    with op.batch_alter_table(SESSION) as batch:
        batch.add_column(sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("canceled_by_id", BIG, nullable=True))
        batch.add_column(sa.Column("canceled_because", sa.String(40), nullable=True))
        batch.add_column(sa.Column("canceled_reason", sa.String(300), nullable=False, server_default=""))
        batch.create_foreign_key(op.f(CANCELER), "user_account", ["canceled_by_id"], ["id"])
        for name, rule in CHECKS.items():
            batch.create_check_constraint(op.f(f"ck_{SESSION}_{name}"), rule)
    with op.batch_alter_table(RECORD) as batch:
        with_session = sa.Column("taken_back_with_session", sa.Boolean(), nullable=False, server_default=sa.false())
        batch.add_column(with_session)
        batch.create_check_constraint(op.f(WITH_SESSION), "taken_back_at is not null or not taken_back_with_session")


def downgrade() -> None:
    """Trainings of a canceled session stay taken back, with its reason; the session itself stands again."""
    with op.batch_alter_table(RECORD) as batch:
        batch.drop_constraint(op.f(WITH_SESSION), type_="check")
        batch.drop_column("taken_back_with_session")
    with op.batch_alter_table(SESSION) as batch:
        for name in reversed(CHECKS):
            batch.drop_constraint(op.f(f"ck_{SESSION}_{name}"), type_="check")
        batch.drop_constraint(op.f(CANCELER), type_="foreignkey")
        for name in ("canceled_reason", "canceled_because", "canceled_by_id", "canceled_at"):
            batch.drop_column(name)
