"""Files of trainings wait between their upload and their confirmation.

Revision ID: 0121
Revises: 0120
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TABLE = "training_file"


def _to(column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{TABLE}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("rows", JSON, nullable=False),
        _to("school_id", "school", nullable=True),
        _to("made_by_id", "user_account"),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("landed", JSON, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_file")),
    )
    op.create_index(op.f("ix_training_file_made_by_id"), TABLE, ["made_by_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_training_file_made_by_id"), TABLE)
    op.drop_table(TABLE)
