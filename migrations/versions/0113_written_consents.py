"""Who agreed in writing to be named on a plan's public page, for each name, with the day.

Revision ID: 0113
Revises: 0112
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None

TABLE = "plan_publication"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PAGES: Any = sa.table(TABLE, sa.column("id"), sa.column("written_yes", sa.Text()), sa.column("agreed", JSON))


def upgrade() -> None:
    """What was written for all names of a page at once stays as one consent without a name and a day: none was asked for."""
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("agreed", JSON, nullable=False, server_default="[]"))
    bind = op.get_bind()
    said = sa.select(PAGES.c.id, PAGES.c.written_yes).where(PAGES.c.written_yes != "")
    for number, text in bind.execute(said).all():
        agreed = [["", text, ""]]
        bind.execute(sa.update(PAGES).where(PAGES.c.id == number).values(agreed=agreed))
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_column("written_yes")


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("written_yes", sa.Text(), nullable=False, server_default=""))
    bind = op.get_bind()
    for number, agreed in bind.execute(sa.select(PAGES.c.id, PAGES.c.agreed)).all():
        text = "; ".join(": ".join(part for part in (words, by) if part) for words, by, _on in agreed)
        bind.execute(sa.update(PAGES).where(PAGES.c.id == number).values(written_yes=text))
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_column("agreed")
