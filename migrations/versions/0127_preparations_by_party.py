"""Preparations are found by their party: a count of all schools looked through the whole index for each.

Revision ID: 0127
Revises: 0126
"""

from alembic import op

revision = "0127"
down_revision = "0126"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_circle_preparation_participant", "circle_preparation", ["participant_id"])


def downgrade() -> None:
    op.drop_index("ix_circle_preparation_participant", "circle_preparation")
