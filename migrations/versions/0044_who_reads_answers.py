"""Say truthfully to families who reads the answers to a questionnaire: the keepers of the circle, each by name.

What a district wrote in other words stays as it is.

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TABLE = sa.table("family_text", sa.column("code", sa.String), sa.column("language"), sa.column("text", sa.Text))
NOTES_EN = "Only the keepers of this circle can read them. They are destroyed on a set date."
NOTES_ES = "Solo quienes facilitan este círculo pueden leerlas. Se destruyen en una fecha fijada."
CHANGES = (
    (
        "questionnaire_intro",
        "en",
        "Your answers are counted together with many others, so that the school does this better.",
        "The keepers of the circle read each answer and see whose it is. The answers are also counted together with "
        "others, without names.",
    ),
    (
        "questionnaire_intro",
        "es",
        "Las respuestas se cuentan junto con muchas otras, para que la escuela lo haga mejor.",
        "Quienes facilitan el círculo leen cada respuesta y ven de quién es. Las respuestas también se cuentan junto con "
        "otras, sin nombres.",
    ),
    (
        "privacy_short",
        "en",
        "and are not shown to your family, to other students or to other staff.",
        "and are not shown to your family, to other students or to other staff. The keepers of the circle read them and "
        "see whose they are.",
    ),
    (
        "privacy_short",
        "es",
        "y no se muestran a su familia, a otros estudiantes ni a otro personal.",
        "y no se muestran a su familia, a otros estudiantes ni a otro personal. Quienes facilitan el círculo los leen y "
        "ven de quién son.",
    ),
    (
        "circle_consent",
        "en",
        NOTES_EN,
        f"{NOTES_EN}\nAfterwards you may be asked a few questions. The keepers read each answer and see whose it is.",
    ),
    (
        "circle_consent",
        "es",
        NOTES_ES,
        f"{NOTES_ES}\nDespués se le pueden hacer unas preguntas. Quienes facilitan leen cada respuesta y ven de quién es.",
    ),
)
"""code, language, what stood there, what is true."""


def upgrade() -> None:
    for code, language, was, true in CHANGES:
        _say(code, language, was, true)


def downgrade() -> None:
    for code, language, was, true in CHANGES:
        _say(code, language, true, was)


def _say(code: str, language: str, before: str, after: str) -> None:
    chosen = sa.and_(TABLE.c.code == code, TABLE.c.language == language)
    op.execute(sa.update(TABLE).where(chosen).values(text=sa.func.replace(TABLE.c.text, before, after)))
