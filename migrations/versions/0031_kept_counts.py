"""An index and kept counts for a district of a million incidents.

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MADE = (("ix_incident_school", "incident", ["school_id", "id"]),)


def upgrade() -> None:
    for name, table, columns in MADE:
        op.create_index(name, table, columns)
    op.create_table(
        "kept_count",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_kept_count")),
    )
    op.create_index("ix_kept_count_good_until", "kept_count", ["good_until"])
    op.create_table(
        "counting_round",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("took_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counting_round")),
    )


def downgrade() -> None:
    op.drop_table("counting_round")
    op.drop_table("kept_count")
    for name, table, _columns in reversed(MADE):
        op.drop_index(name, table_name=table)
