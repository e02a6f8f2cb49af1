"""Letters and consents for families, in English and Spanish.

Revision ID: 0009
Revises: 0008
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FROM = date(2020, 8, 1)
TABLE = sa.table(
    "family_text",
    sa.column("code", sa.String),
    sa.column("language", sa.String),
    sa.column("starts_on", sa.Date),
    sa.column("title", sa.String),
    sa.column("text", sa.Text),
)
ROWS: tuple[tuple[object, ...], ...] = ()
"""code, language, title, text."""


NAMES = ("code", "language", "title", "text")


def upgrade() -> None:
    rows = [dict(zip(NAMES, row, strict=True)) | {"starts_on": FROM} for row in ROWS]
    if rows:
        op.bulk_insert(TABLE, rows)


def downgrade() -> None:
    codes = sorted({row[0] for row in ROWS})
    op.execute(TABLE.delete().where(TABLE.c.code.in_(codes)))
