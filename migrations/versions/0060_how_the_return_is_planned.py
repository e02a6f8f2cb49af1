"""Let the notice about time away say of the return what is true on the day it is printed.

What a district wrote in other words stays as it is.

Revision ID: 0060
Revises: 0059
"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

TABLE = sa.table("family_text", sa.column("code", sa.String), sa.column("language"), sa.column("text", sa.Text))
CHANGES = (
    ("en", "Planning for the return begins today, and you are asked to take part in it."),
    ("es", "La planificación del regreso empieza hoy y le pedimos que participe."),
)
OPEN = "%(planning)s"


def upgrade() -> None:
    for language, said in CHANGES:
        _say(language, said, OPEN)


def downgrade() -> None:
    for language, said in CHANGES:
        _say(language, OPEN, said)


def _say(language: str, before: str, after: str) -> None:
    chosen = sa.and_(TABLE.c.code == "discipline_notice", TABLE.c.language == language)
    op.execute(sa.update(TABLE).where(chosen).values(text=sa.func.replace(TABLE.c.text, before, after)))
