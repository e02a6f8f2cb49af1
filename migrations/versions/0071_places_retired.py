"""A place can be retired: a last day on which it can be chosen; those there are have none.

Revision ID: 0071
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("location_code", sa.Column("ends_on", sa.Date()))


def downgrade() -> None:
    with op.batch_alter_table("location_code") as batch:
        batch.drop_column("ends_on")
