"""Uploaded files of roles, between their upload and their confirmation.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _person(name: str, nullable: bool) -> sa.Column[int]:
    to = sa.ForeignKey("user_account.id", name=f"fk_role_file_{name}")
    return sa.Column(name, NUMBER, to, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "role_file",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("rows", JSON, nullable=False),
        _person("made_by_id", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _person("done_by_id", nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.drop_table("role_file")
