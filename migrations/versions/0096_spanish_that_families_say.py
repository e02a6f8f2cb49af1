"""What comes with the system says padre, madre o tutor, compromiso and reportar, as the pages do in Spanish.

What a district wrote in other words stays as it is.

Revision ID: 0096
Revises: 0095
"""

import sqlalchemy as sa
from alembic import op

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None

WHOLE = (
    (
        "legal_duty_kind",
        "tell_es",
        "la oficina de la dirección; la policía local; el tutor del estudiante",
        "la oficina de la dirección; la policía local; el padre, la madre o el tutor del estudiante",
    ),
    (
        "legal_duty_kind",
        "tell_es",
        "el tutor (se anotan la hora y la forma); está presente un tutor o un profesional de apoyo",
        "el padre, la madre o el tutor (se anotan la hora y la forma); está presente uno de ellos o un profesional de apoyo",
    ),
    ("legal_duty_kind_step", "whom_es", "El tutor del estudiante", "El padre, la madre o el tutor del estudiante"),
    (
        "legal_duty_kind_step",
        "whom_es",
        "El tutor, antes de que empiece",
        "El padre, la madre o el tutor, antes de que empiece",
    ),
    (
        "legal_duty_kind_step",
        "whom_es",
        "Un tutor o un profesional de apoyo, presente",
        "Un padre, madre o tutor, o un profesional de apoyo, presente",
    ),
    (
        "follow_up_template",
        "title_es",
        "Contactar a la persona tutora",
        "Comunicarse con el padre, la madre o el tutor",
    ),
    (
        "follow_up_template",
        "closes_with_es",
        "A quién se localizó, cuándo y cómo; un mensaje de voz es un intento, no un contacto.",
        "Con quién se habló, cuándo y cómo; un mensaje de voz es un intento, no un contacto.",
    ),
    (
        "follow_up_template",
        "closes_with_es",
        "El plan está acordado y se informó a las personas adultas que corresponde.",
        "El plan está acordado y se avisó a los adultos a quienes corresponde.",
    ),
    (
        "follow_up_template",
        "closes_with_es",
        "El círculo se realizó, o por qué no.",
        "El círculo se realizó, o está registrado por qué no.",
    ),
    ("follow_up_template", "title_es", "¿Se cumple este punto del acuerdo?", "¿Se cumple este compromiso del acuerdo?"),
    (
        "follow_up_template",
        "closes_with_es",
        "Cumplido, tarde o no cumplido, marcado por alguien distinto de quien lo debe.",
        "Cumplido, tarde o no cumplido, marcado por alguien distinto de la persona responsable.",
    ),
    (
        "follow_up_template",
        "title_es",
        "Evaluación por personal clínico, hoy",
        "Evaluación por un profesional clínico, hoy",
    ),
    (
        "follow_up_template",
        "closes_with_es",
        "Personal clínico habló con el estudiante y dijo qué sigue.",
        "Un profesional clínico habló con el estudiante y dijo qué sigue.",
    ),
)
"""Table, column, the words as first written, and as they are now: only where nobody has changed them."""

PARTS = (
    ("agreement_head", "Cada punto dice quién lo hace", "Cada compromiso dice quién lo hace"),
    ("agreement_head", "Si un punto no funciona", "Si un compromiso no funciona"),
    ("agreement_head", "de quien prometió un punto dice", "de quien hizo un compromiso dice"),
    (
        "circle_consent",
        "lo guía una persona con formación, quien facilita",
        "lo guía una persona capacitada, quien facilita",
    ),
    (
        "circle_consent",
        "a informar de algo, por ejemplo, del maltrato o la negligencia hacia un menor",
        "a reportar algo, por ejemplo, el maltrato o la negligencia hacia un menor",
    ),
    ("circle_consent", "y añadir sus propias palabras", "y agregar sus propias palabras"),
    ("discipline_notice", "puede recuperar el trabajo que pierda", "puede reponer las tareas que pierda"),
    ("discipline_notice", "y puede venir acompañado.", "y puede venir con alguien."),
    (
        "discipline_notice",
        "lo que pasó está ligado a la discapacidad",
        "lo que pasó está relacionado con la discapacidad",
    ),
    ("police_rights", "«Quiero a mi familia y a un abogado»", "“Quiero a mi familia y a un abogado”"),
    ("police_rights", "de quienes se informa que causaron el daño", "de quienes se reporta que causaron el daño"),
    ("privacy_short", "a una persona adulta a informar de algo", "a una persona adulta a reportar algo"),
    ("question.supporter.heard", "¿Le escucharon a usted?", "¿Sintió que le pusieron atención?"),
    ("questionnaire_free", "quienes cuidan el círculo", "los facilitadores del círculo"),
)
"""Code of a text for families, some words of its Spanish as first written, and as they are now."""

TEXT = sa.table("family_text", sa.column("code"), sa.column("language"), sa.column("text", sa.Text))


def _say_whole(table: str, column: str, before: str, after: str) -> None:
    rows = sa.table(table, sa.column(column, sa.Text))
    op.execute(rows.update().where(rows.c[column] == before).values({column: after}))


def _say_part(code: str, before: str, after: str) -> None:
    chosen = sa.and_(TEXT.c.code == code, TEXT.c.language == "es", TEXT.c.text.like(f"%{before}%"))
    op.execute(TEXT.update().where(chosen).values(text=sa.func.replace(TEXT.c.text, before, after)))


def upgrade() -> None:
    for table, column, before, after in WHOLE:
        _say_whole(table, column, before, after)
    for code, before, after in PARTS:
        _say_part(code, before, after)


def downgrade() -> None:
    for table, column, before, after in WHOLE:
        _say_whole(table, column, after, before)
    for code, before, after in PARTS:
        _say_part(code, after, before)
