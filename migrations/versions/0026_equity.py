"""Equity: the smallest cells and groups whose figures are shown.

Revision ID: 0026
Revises: 0025
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    minimum = op.create_table(
        "equity_minimum",
        sa.Column("id", BIG, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("cell", BIG, nullable=False),
        sa.Column("student_group", BIG, nullable=False),
        sa.Column("set_by_id", BIG, nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cell between 5 and 100", name=op.f("ck_equity_minimum_cell")),
        sa.CheckConstraint("student_group between cell and 1000", name=op.f("ck_equity_minimum_student_group")),
        sa.ForeignKeyConstraint(["set_by_id"], ["user_account.id"], name=op.f("fk_equity_minimum_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equity_minimum")),
        sa.UniqueConstraint("starts_on", name=op.f("uq_equity_minimum_starts_on")),
    )
    # after 34 CFR 300.647(b)(1)(iv): a cell of at most 10, a group of at most 30
    op.bulk_insert(minimum, [{"starts_on": date(2000, 8, 1), "cell": 10, "student_group": 30}])


def downgrade() -> None:
    op.drop_table("equity_minimum")
