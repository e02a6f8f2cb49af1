"""Why a goal's target is worse than its baseline, and since which school year funding counts for a plan.

Nothing was kept of either before: those goals say no reason, and those plans took no money over.

Revision ID: 0141
Revises: 0140
"""

import sqlalchemy as sa
from alembic import op

revision = "0141"
down_revision = "0140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("plan_goal", sa.Column("why_backward", sa.Text(), nullable=False, server_default=""))
    op.add_column("school_plan", sa.Column("money_since", sa.String(7), nullable=True))


def downgrade() -> None:
    op.drop_column("school_plan", "money_since")
    op.drop_column("plan_goal", "why_backward")
