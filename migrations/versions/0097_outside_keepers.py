"""Keepers of a circle from outside: of a partner organization with an agreement, without an account.

Revision ID: 0097
Revises: 0096
"""

import sqlalchemy as sa
from alembic import op

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

TABLE = "circle_outside_keeper"
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _to(column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{TABLE}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", BIG, nullable=False),
        _to("pathway_id", "pathway"),
        _to("case_id", "case_record"),
        _to("school_id", "school"),
        _to("partner_id", "partner"),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        _to("added_by_id", "user_account", nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index("ix_circle_outside_keeper_pathway", TABLE, ["pathway_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
