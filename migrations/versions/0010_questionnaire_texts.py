"""The questions of the questionnaires, in English and Spanish.

Revision ID: 0010
Revises: 0009
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
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
QUESTIONS = (
    ("harmed.choice", "Was it your own choice to take part?", "¿Participaste porque tú quisiste?"),
    ("harmed.heard", "Did people listen to you?", "¿Te escucharon?"),
    ("harmed.fair", "Was the meeting fair to you?", "¿Fue justa contigo la reunión?"),
    ("harmed.safer", "Do you feel safer now than before?", "¿Te sientes ahora más a salvo que antes?"),
    (
        "harmed.again",
        "If something like this happened again, would you do this again?",
        "Si volviera a pasar algo así, ¿harías esto otra vez?",
    ),
    ("harmed.kept", "Did people do what they promised you?", "¿Cumplieron lo que te prometieron?"),
    ("harmed.better", "Are things better for you at school now?", "¿Te va mejor ahora en la escuela?"),
    ("harmed.worth", "Was it worth it for you?", "¿Valió la pena para ti?"),
    ("caused_harm.choice", "Was it your own choice to take part?", "¿Participaste porque tú quisiste?"),
    ("caused_harm.heard", "Did people listen to you?", "¿Te escucharon?"),
    ("caused_harm.fair", "Was the meeting fair to you?", "¿Fue justa contigo la reunión?"),
    (
        "caused_harm.understand",
        "Do you understand better now how others were hurt?",
        "¿Entiendes mejor ahora cómo les dolió a otras personas?",
    ),
    (
        "caused_harm.repair",
        "Do you know what you can do to make things right?",
        "¿Sabes qué puedes hacer para reparar lo que pasó?",
    ),
    (
        "caused_harm.again",
        "If something like this happened again, would you do this again?",
        "Si volviera a pasar algo así, ¿harías esto otra vez?",
    ),
    ("caused_harm.kept", "Did you do what you promised?", "¿Cumpliste lo que prometiste?"),
    (
        "caused_harm.helped",
        "Did adults help you to keep your promises?",
        "¿Te ayudaron los adultos a cumplir lo que prometiste?",
    ),
    ("caused_harm.belong", "Do you feel that you belong at this school?", "¿Sientes que esta también es tu escuela?"),
    ("caused_harm.worth", "Was it worth it for you?", "¿Valió la pena para ti?"),
    ("supporter.heard", "Did people listen to you?", "¿Le escucharon a usted?"),
    ("supporter.helped", "Could you help the person you came with?", "¿Pudo ayudar a la persona con la que vino?"),
    ("supporter.fair", "Was the meeting fair to everybody?", "¿Fue justa la reunión para todas las personas?"),
    ("supporter.safe", "Did you feel safe in the meeting?", "¿Se sintió a salvo en la reunión?"),
    (
        "supporter.again",
        "If something like this happened again, would you do this again?",
        "Si volviera a pasar algo así, ¿haría esto otra vez?",
    ),
    ("supporter.kept", "Was what people promised done?", "¿Se cumplió lo que se prometió?"),
    (
        "supporter.better",
        "Are things better for the person you came with?",
        "¿Le va mejor ahora a la persona con la que vino?",
    ),
    ("supporter.worth", "Was it worth it?", "¿Valió la pena?"),
    ("keeper.prepared", "Was everybody well prepared?", "¿Llegaron bien preparadas todas las personas?"),
    ("keeper.spoke", "Did everybody have a turn to speak?", "¿Tuvo cada persona su turno para hablar?"),
    ("keeper.safe", "Was the meeting safe for everybody?", "¿Fue segura la reunión para todas las personas?"),
    ("keeper.fits", "Does what was agreed fit what happened?", "¿Corresponde lo acordado a lo que pasó?"),
    ("keeper.again", "Would you prepare it in the same way again?", "¿Lo prepararía otra vez de la misma manera?"),
    ("keeper.kept", "Was what people promised done?", "¿Se cumplió lo que se prometió?"),
    ("keeper.repaired", "Is the harm repaired?", "¿Está reparado el daño?"),
    ("keeper.helped", "Did people get the help they were promised?", "¿Recibieron las personas la ayuda prometida?"),
    ("keeper.worth", "Was it worth it?", "¿Valió la pena?"),
)
"""answerer.question, in English and in Spanish."""
SCALES = (
    ("five.1", "Not at all", "Nada"),
    ("five.2", "A little", "Un poco"),
    ("five.3", "Somewhat", "Más o menos"),
    ("five.4", "Quite a lot", "Bastante"),
    ("five.5", "Very much", "Mucho"),
    ("three.5", "Yes", "Sí"),
    ("three.3", "Partly", "En parte"),
    ("three.1", "No", "No"),
)
ROWS: tuple[tuple[str, str, str, str], ...] = (
    (
        "questionnaire_intro",
        "en",
        "A few questions",
        "There are no wrong answers. It takes about two minutes, and you may leave out any question.\n"
        "Your answers are counted together with many others, so that the school does this better.",
    ),
    (
        "questionnaire_intro",
        "es",
        "Unas preguntas",
        "No hay respuestas equivocadas. Toma unos dos minutos y se puede dejar preguntas sin contestar.\n"
        "Las respuestas se cuentan junto con muchas otras, para que la escuela lo haga mejor.",
    ),
    (
        "questionnaire_free",
        "en",
        "Is there anything else you want to say?",
        "Only the keepers of the circle read this, and they see who wrote it.",
    ),
    (
        "questionnaire_free",
        "es",
        "¿Hay algo más que decir?",
        "Solo lo leen quienes cuidan el círculo, y ven quién lo escribió.",
    ),
    *((f"question.{code}", "en", "", english) for code, english, _spanish in QUESTIONS),
    *((f"question.{code}", "es", "", spanish) for code, _english, spanish in QUESTIONS),
    *((f"scale.{code}", "en", "", english) for code, english, _spanish in SCALES),
    *((f"scale.{code}", "es", "", spanish) for code, _english, spanish in SCALES),
)
"""code, language, title, text."""


NAMES = ("code", "language", "title", "text")


def upgrade() -> None:
    rows = [dict(zip(NAMES, row, strict=True)) | {"starts_on": FROM} for row in ROWS]
    if rows:
        op.bulk_insert(TABLE, rows)


def downgrade() -> None:
    codes = sorted({row[0] for row in ROWS})
    op.execute(TABLE.delete().where(TABLE.c.code.in_(codes)))
