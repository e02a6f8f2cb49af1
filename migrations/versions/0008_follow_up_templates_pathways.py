"""The follow-up templates of the pathways in full.

Revision ID: 0008
Revises: 0007
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FROM = date(2020, 8, 1)
TABLE = sa.table(
    "follow_up_template",
    sa.column("kind", sa.String),
    sa.column("event", sa.String),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("owner_role", sa.String),
    sa.column("single_mail", sa.Boolean),
    sa.column("title_en", sa.String),
    sa.column("title_es", sa.String),
    sa.column("closes_with_en", sa.String),
    sa.column("closes_with_es", sa.String),
    sa.column("starts_on", sa.Date),
)
ROWS: tuple[tuple[object, ...], ...] = ()
"""kind, event, due_in_school_days, owner_role, single_mail, title_en, title_es, closes_with_en, closes_with_es."""


NAMES = (
    "kind",
    "event",
    "due_in_school_days",
    "owner_role",
    "single_mail",
    "title_en",
    "title_es",
    "closes_with_en",
    "closes_with_es",
)


def upgrade() -> None:
    rows = [dict(zip(NAMES, row, strict=True)) | {"starts_on": FROM} for row in ROWS]
    if rows:
        op.bulk_insert(TABLE, rows)


def downgrade() -> None:
    kinds = sorted({row[0] for row in ROWS})
    op.execute(TABLE.delete().where(TABLE.c.kind.in_(kinds)))
