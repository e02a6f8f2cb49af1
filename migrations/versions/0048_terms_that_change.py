"""A term can be excused or corrected with a reason, and a circle that met again makes a second agreement.

Going back, an excused term counts as changed by consent; its reason and the day of a second agreement are gone.

Revision ID: 0048
Revises: 0047
"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BEFORE = ("open", "kept", "late", "not_kept", "changed")
AFTER = (*BEFORE, "excused")
NAME = "ck_agreement_term_state"


def upgrade() -> None:
    with op.batch_alter_table("agreement_term") as batch:
        batch.add_column(sa.Column("why", sa.Text(), server_default="", nullable=False))
        batch.add_column(sa.Column("agreed_on", sa.Date(), nullable=True))
        _one_of(batch, AFTER)


def downgrade() -> None:
    op.execute("UPDATE agreement_term SET state = 'changed' WHERE state = 'excused'")
    with op.batch_alter_table("agreement_term") as batch:
        _one_of(batch, BEFORE)
        batch.drop_column("agreed_on")
        batch.drop_column("why")


def _one_of(batch, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    batch.drop_constraint(op.f(NAME), type_="check")
    batch.create_check_constraint(op.f(NAME), f"state IN ({listed})")
