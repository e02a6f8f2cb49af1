"""A term of an agreement in another language, as somebody translated it, and who did.

Revision ID: 0055
Revises: 0054
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("agreement_term") as batch:
        batch.add_column(sa.Column("translations", DOCUMENT, server_default="{}", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("agreement_term") as batch:
        batch.drop_column("translations")
