"""A frozen figure of avoidable notifications keeps what was not confirmed beside it; those frozen before do not have it.

Revision ID: 0142
Revises: 0141
"""

import sqlalchemy as sa
from alembic import op

revision = "0142"
down_revision = "0141"
branch_labels = None
depends_on = None

COLUMNS = {"plan_baseline": ("apart",), "plan_review_goal": ("then_apart", "now_apart")}


def upgrade() -> None:
    for name, columns in COLUMNS.items():
        with op.batch_alter_table(name) as table:
            for column in columns:
                table.add_column(sa.Column(column, sa.JSON(), nullable=True))


def downgrade() -> None:
    for name, columns in COLUMNS.items():
        with op.batch_alter_table(name) as table:
            for column in columns:
                table.drop_column(column)
