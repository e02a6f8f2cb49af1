"""Questionnaires ask of everyone, and in the Spanish that families here read.

Revision ID: 0091
Revises: 0090
"""

import sqlalchemy as sa
from alembic import op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

TABLE = sa.table("family_text", sa.column("code", sa.String), sa.column("title", sa.String), sa.column("text", sa.Text))
WORDS = (
    ("Was the meeting fair to everybody?", "Was the meeting fair to everyone?"),
    ("Was everybody well prepared?", "Was everyone well prepared?"),
    ("Did everybody have a turn to speak?", "Did everyone have a turn to speak?"),
    ("Was the meeting safe for everybody?", "Was the meeting safe for everyone?"),
    ("¿Entiendes mejor ahora cómo les dolió a otras personas?", "¿Entiendes mejor ahora cómo afectó a otras personas?"),
    ("Toma unos dos minutos y se puede dejar preguntas", "Toma unos dos minutos y se pueden dejar preguntas"),
)
"""As first written, and as a person says it; a text that a district has changed keeps its own words."""


def _say(pairs: list[tuple[str, str]]) -> None:
    for before, after in pairs:
        for column in (TABLE.c.title, TABLE.c.text):
            op.execute(
                TABLE.update()
                .where(TABLE.c.code.like("question%"), column.like(f"%{before}%"))
                .values({column: sa.func.replace(column, before, after)})
            )


def upgrade() -> None:
    _say(list(WORDS))


def downgrade() -> None:
    _say([(after, before) for before, after in WORDS])
