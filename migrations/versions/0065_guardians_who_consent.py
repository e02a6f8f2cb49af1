"""Which guardian answered for a party of a circle, by name.

Revision ID: 0065
Revises: 0064
"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("circle_consent") as batch:
        batch.add_column(sa.Column("guardian_name", sa.String(200), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("circle_consent") as batch:
        batch.drop_column("guardian_name")
