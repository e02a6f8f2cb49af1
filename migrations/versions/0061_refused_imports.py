"""Keep imports that were refused too, and tell them from those that landed.

Revision ID: 0061
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

RUN = sa.table("import_run", sa.column("landed", sa.Boolean))


def upgrade() -> None:
    with op.batch_alter_table("import_run") as batch:
        batch.add_column(sa.Column("landed", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    # what was refused would read as taken in
    op.execute(sa.delete(RUN).where(RUN.c.landed.is_(sa.false())))
    with op.batch_alter_table("import_run") as batch:
        batch.drop_column("landed")
