"""Which guardian was told, by name, and what of it a student agrees that a call tells.

Revision ID: 0058
Revises: 0057
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

WORDS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
NAMED = ("restraint_record", "police_notification", "safety_plan")


def upgrade() -> None:
    for table in NAMED:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("guardian_name", sa.String(200), server_default="", nullable=False))
    with op.batch_alter_table("incident_person") as batch:
        batch.add_column(sa.Column("may_tell", WORDS, server_default="[]", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("incident_person") as batch:
        batch.drop_column("may_tell")
    for table in NAMED:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("guardian_name")
