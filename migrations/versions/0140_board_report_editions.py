"""A board report that is stored as a PDF has an edition; those made before showed every figure.

Revision ID: 0140
Revises: 0139
"""

import sqlalchemy as sa
from alembic import op

revision = "0140"
down_revision = "0139"
branch_labels = None
depends_on = None

EDITION = sa.Enum("board", "whole", "public", name="edition", native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    # a process of the release before goes on to write rows without an edition
    with op.batch_alter_table("board_report") as table:
        table.add_column(sa.Column("edition", EDITION, nullable=False, server_default="whole"))


def downgrade() -> None:
    with op.batch_alter_table("board_report") as table:
        table.drop_column("edition")
