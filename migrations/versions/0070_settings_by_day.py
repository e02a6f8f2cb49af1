"""A setting of the district is one row after another, each from a day on; what is set today holds from the beginning.

Revision ID: 0070
Revises: 0069
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SETTING = sa.table("setting", sa.column("id"), sa.column("key"), sa.column("withdrawn_at"))


def upgrade() -> None:
    with op.batch_alter_table("setting") as batch:
        batch.drop_constraint("uq_setting_key", type_="unique")
        batch.add_column(sa.Column("starts_on", sa.Date()))
        batch.add_column(sa.Column("set_by_id", NUMBER, sa.ForeignKey("user_account.id", name="fk_setting_set_by_id")))
        batch.add_column(sa.Column("set_at", sa.DateTime(timezone=True)))
        batch.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
        batch.create_index("ix_setting_key", ["key", "id"])


def downgrade() -> None:
    # one row a key: what was said last and not withdrawn
    last = sa.select(sa.func.max(SETTING.c.id)).where(SETTING.c.withdrawn_at.is_(None)).group_by(SETTING.c.key)
    op.execute(sa.delete(SETTING).where(SETTING.c.id.not_in(last)))
    with op.batch_alter_table("setting") as batch:
        batch.drop_index("ix_setting_key")
        batch.drop_constraint("fk_setting_set_by_id", type_="foreignkey")
        for name in ("withdrawn_at", "set_at", "set_by_id", "starts_on"):
            batch.drop_column(name)
        batch.create_unique_constraint("uq_setting_key", ["key"])
