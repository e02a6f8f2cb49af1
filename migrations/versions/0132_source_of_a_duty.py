"""Of a legal duty that somebody without an account told of, who it was and how whoever raised it knows.

Revision ID: 0132
Revises: 0131
"""

import sqlalchemy as sa
from alembic import op

revision = "0132"
down_revision = "0131"
branch_labels = None
depends_on = None

COLUMNS = {"source_name": 200, "source_how": 20}


def upgrade() -> None:
    for name, length in COLUMNS.items():
        op.add_column("legal_duty", sa.Column(name, sa.String(length), nullable=False, server_default=""))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("legal_duty", name)
