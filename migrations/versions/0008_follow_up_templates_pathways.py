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
    sa.column("id", sa.Integer),
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
FOLLOW_UP = sa.table("follow_up", sa.column("template_id", sa.Integer))
ROWS: tuple[tuple[object, ...], ...] = (
    (
        "plan_meeting",
        "meeting_postponed",
        2,
        "coordinator",
        False,
        "Find a new day for the meeting",
        "Buscar otro día para la reunión",
        "A new day is set, or the circle ends with a reason.",
        "Hay un nuevo día, o el círculo termina con un motivo.",
    ),
    (
        "after_no_show",
        "meeting_no_show",
        1,
        "coordinator",
        False,
        "Ask whoever did not come how they are",
        "Preguntar cómo está a quien no vino",
        "They were asked, and it is known whether they still wish to meet.",
        "Se le preguntó y se sabe si todavía desea reunirse.",
    ),
    (
        "after_walk_out",
        "meeting_walked_out",
        1,
        "coordinator",
        False,
        "Check in with everyone after a meeting that ended early",
        "Hablar con cada persona después de una reunión que terminó antes",
        "Each party was asked how they are and what they need.",
        "Se preguntó a cada parte cómo está y qué necesita.",
    ),
    (
        "questionnaire",
        "meeting_held",
        1,
        "coordinator",
        False,
        "Hand out the questionnaires",
        "Entregar los cuestionarios",
        "Each person who came has a link, or declined one.",
        "Cada persona que vino tiene un enlace o no lo quiso.",
    ),
    (
        "mentoring_missed",
        "mentoring_missed",
        1,
        "coordinator",
        False,
        "Ask why the session was missed",
        "Preguntar por qué no hubo sesión",
        "The student was asked, and the next session has a day.",
        "Se preguntó al estudiante y la próxima sesión tiene fecha.",
    ),
    (
        "safety_plan_review",
        "safety_plan_agreed",
        5,
        "coordinator",
        False,
        "Review the safety plan",
        "Revisar el plan de seguridad",
        "The person it is for was asked whether it works.",
        "Se preguntó a la persona a la que protege si funciona.",
    ),
    (
        "student_moved",
        "student_moved",
        1,
        "coordinator",
        False,
        "Decide how the case goes on after a change of school",
        "Decidir cómo sigue el caso tras un cambio de escuela",
        "The case goes on at the new school, stays here, or closes.",
        "El caso sigue en la nueva escuela, se queda aquí o se cierra.",
    ),
    (
        "interpreter",
        "interpreter_needed",
        2,
        "coordinator",
        False,
        "Arrange an interpreter",
        "Conseguir un intérprete",
        "Language, who interpreted, and whether the family understood.",
        "Idioma, quién interpretó y si la familia entendió.",
    ),
)
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
    op.bulk_insert(TABLE, rows)


def downgrade() -> None:
    """Delete what hangs on the events that came with this revision, whichever version of it."""
    added = TABLE.c.event.in_(sorted({row[1] for row in ROWS}))
    templates = sa.select(TABLE.c.id).where(added)
    op.execute(FOLLOW_UP.update().where(FOLLOW_UP.c.template_id.in_(templates)).values(template_id=None))
    op.execute(TABLE.delete().where(added))
