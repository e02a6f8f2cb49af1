"""An index by which an auditor's record of disclosures finds the latest of the district, who may read them all.

Revision ID: 0123
Revises: 0122
"""

from alembic import op

revision = "0123"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_disclosure_at", "disclosure", ["at", "id"])


def downgrade() -> None:
    op.drop_index("ix_disclosure_at", "disclosure")
