"""Networks that the district makes or renames, and schools that it puts into one itself.

Revision ID: 0068
Revises: 0067
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "network",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("roster_name", sa.String(80)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.UniqueConstraint("name", name=op.f("uq_network_name")),
        sa.UniqueConstraint("roster_name", name=op.f("uq_network_roster_name")),
    )
    op.add_column("school", sa.Column("roster_network", sa.String(80)))
    op.add_column("school", sa.Column("network_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE school SET roster_network = network WHERE source <> 'manual'")


def downgrade() -> None:
    op.drop_column("school", "network_by_hand")
    op.drop_column("school", "roster_network")
    op.drop_table("network")
