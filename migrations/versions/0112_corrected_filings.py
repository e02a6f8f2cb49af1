"""A filing of a threat-assessment team can be put right, by one person at a time; resources of plans come by file.

Revision ID: 0112
Revises: 0111
"""

import sqlalchemy as sa
from alembic import op

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None

TABLE, KIND = "money_file", "ck_money_file_kind"


def _kinds(*values: str) -> str:
    return f"kind IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table("threat_team") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f(KIND), type_="check")
        batch.create_check_constraint(op.f(KIND), _kinds("entries", "funding", "resources"))


def downgrade() -> None:
    op.execute("DELETE FROM money_file WHERE kind = 'resources'")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f(KIND), type_="check")
        batch.create_check_constraint(op.f(KIND), _kinds("entries", "funding"))
    with op.batch_alter_table("threat_team") as batch:
        batch.drop_column("version")
