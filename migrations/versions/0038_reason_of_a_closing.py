"""Why a case closed as it did although its record says otherwise.

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_record", sa.Column("closed_despite", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("case_record", "closed_despite")
