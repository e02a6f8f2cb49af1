"""Count the daily figures anew: whose part nobody set counts in none of them any more.

Until the scheduler has done so, pages count from the rows. Going back counts them anew as well.

Revision ID: 0056
Revises: 0055
"""

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE figure_state SET built_at = NULL, counted_school_id = NULL")


def downgrade() -> None:
    op.execute("UPDATE figure_state SET built_at = NULL, counted_school_id = NULL")
