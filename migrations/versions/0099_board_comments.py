"""Comments on board reports, by whoever answers for them.

Revision ID: 0099
Revises: 0098
"""

import sqlalchemy as sa
from alembic import op

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None

TABLE = "board_comment"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(column: str, target: str, nullable: bool) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{TABLE}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", BIG, nullable=False),
        sa.Column("scope", sa.String(100), nullable=False),
        _to("school_id", "school", True),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        _to("written_by_id", "user_account", False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.CheckConstraint("(scope like 'school:%') = (school_id is not null)", name=op.f(f"ck_{TABLE}_school")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("scope", "ends_on", name=op.f(f"uq_{TABLE}_scope_ends_on")),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
