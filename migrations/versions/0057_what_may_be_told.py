"""What only the student tells at home, and what of it the student agrees that a notice tells.

Revision ID: 0057
Revises: 0056
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

WORDS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.add_column(sa.Column("may_tell", WORDS, server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.drop_column("may_tell")
