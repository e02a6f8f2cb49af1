"""A plan says when and by whom it was moved to where it stands; what decided by it read the history before.

Revision ID: 0120
Revises: 0119
"""

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0119"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOVER = "fk_school_plan_moved_by_id"
LATEST = (
    "SELECT {} FROM timeline_entry WHERE subject_type = 'school_plan' AND subject_id = school_plan.id"
    " AND kind = 'plan.moved' ORDER BY timeline_entry.id DESC LIMIT 1"
)


def upgrade() -> None:
    """Each plan takes the last move of its history; an account that is gone stays unknown."""
    with op.batch_alter_table("school_plan") as batch:
        batch.add_column(sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("moved_by_id", BIG, nullable=True))
        batch.create_foreign_key(op.f(MOVER), "user_account", ["moved_by_id"], ["id"])
    mover = f"SELECT id FROM user_account WHERE id = ({LATEST.format('actor_id')})"
    op.execute(f"UPDATE school_plan SET moved_at = ({LATEST.format('at')}), moved_by_id = ({mover})")


def downgrade() -> None:
    with op.batch_alter_table("school_plan") as batch:
        batch.drop_constraint(op.f(MOVER), type_="foreignkey")
        batch.drop_column("moved_by_id")
        batch.drop_column("moved_at")
