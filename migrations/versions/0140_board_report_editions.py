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

CHECK = "ck_board_report_edition"


def upgrade() -> None:
    # a process of the release before goes on to write rows without an edition
    with op.batch_alter_table("board_report") as table:
        table.add_column(sa.Column("edition", sa.String(40), nullable=False, server_default="whole"))
        table.create_check_constraint(op.f(CHECK), "edition IN ('board', 'whole', 'public')")


def downgrade() -> None:
    with op.batch_alter_table("board_report") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column("edition")
