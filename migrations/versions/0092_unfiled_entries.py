"""What arrived without network and was never filed goes by the schedule of retention, after its writer was told.

Revision ID: 0092
Revises: 0091
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

TABLE, STATE = "offline_entry", "ck_offline_entry_state"
BEFORE = ("filed", "to_mend", "discarded")
RULE = {
    "code": "offline_entry", "part": "running", "keep": 14, "unit": "days", "counted_from": "made",
    "source": "District setting", "is_confirmed": False, "starts_on": date(2020, 8, 1),
}  # fmt: skip


def _states(*values: str) -> str:
    return f"state IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
        batch.drop_constraint(op.f(STATE), type_="check")
        batch.create_check_constraint(op.f(STATE), _states(*BEFORE, "erased"))
    types = {"is_confirmed": sa.Boolean(), "starts_on": sa.Date()}
    rules = sa.table("retention_rule", *(sa.column(name, types.get(name)) for name in RULE))
    op.bulk_insert(rules, [RULE])


def downgrade() -> None:
    op.execute("DELETE FROM retention_rule WHERE code = 'offline_entry'")
    op.execute("UPDATE offline_entry SET state = 'discarded' WHERE state = 'erased'")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f(STATE), type_="check")
        batch.create_check_constraint(op.f(STATE), _states(*BEFORE))
        batch.drop_column("warned_at")
