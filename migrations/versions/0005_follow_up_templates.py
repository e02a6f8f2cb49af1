"""The first follow-up templates: what is made when something happens, when it is due, and what closes it.

Revision ID: 0005
Revises: 0004
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FROM = date(2020, 8, 1)
TABLE = sa.table(
    "follow_up_template",
    sa.column("kind", sa.String),
    sa.column("event", sa.String),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("title_en", sa.String),
    sa.column("title_es", sa.String),
    sa.column("closes_with_en", sa.String),
    sa.column("closes_with_es", sa.String),
    sa.column("owner_role", sa.String),
    sa.column("single_mail", sa.Boolean),
    sa.column("starts_on", sa.Date),
)
ROWS = (
    (
        "guardian_contact",
        "routed",
        0,
        "dean",
        True,
        "Contact the guardian",
        "Contactar a la persona tutora",
        "Who was reached, when and how; a voicemail is an attempt, not contact.",
        "A quién se localizó, cuándo y cómo; un mensaje de voz es un intento, no un contacto.",
    ),
    (
        "contact_person_harmed",
        "routed",
        1,
        "coordinator",
        True,
        "First contact with the person harmed",
        "Primer contacto con la persona que sufrió el daño",
        "The person harmed was spoken to and support was offered.",
        "Se habló con la persona que sufrió el daño y se le ofreció apoyo.",
    ),
    (
        "pre_meetings",
        "routed",
        3,
        "coordinator",
        False,
        "Hold the pre-meetings",
        "Realizar las reuniones previas",
        "A separate pre-meeting was held with each party.",
        "Se realizó una reunión previa separada con cada parte.",
    ),
    (
        "safe_passage_contact",
        "routed",
        1,
        "dean",
        False,
        "Tell Safe Passage",
        "Avisar a Safe Passage",
        "The Safe Passage contact was told which route and what time.",
        "Se informó al contacto de Safe Passage la ruta y la hora.",
    ),
    (
        "check_in_person_harmed",
        "routed",
        5,
        "coordinator",
        True,
        "Check in with the person harmed",
        "Dar seguimiento a la persona que sufrió el daño",
        "The person harmed was asked how things are and whether there was any retaliation.",
        "Se preguntó a la persona que sufrió el daño cómo está y si hubo represalias.",
    ),
    (
        "check_in_person_harmed",
        "routed",
        20,
        "coordinator",
        True,
        "Check in with the person harmed",
        "Dar seguimiento a la persona que sufrió el daño",
        "The person harmed was asked how things are and whether there was any retaliation.",
        "Se preguntó a la persona que sufrió el daño cómo está y si hubo represalias.",
    ),
    (
        "safety_plan",
        "routed",
        1,
        "coordinator",
        False,
        "Agree a safety plan",
        "Acordar un plan de seguridad",
        "The plan is agreed and the adults concerned were told.",
        "El plan está acordado y se informó a las personas adultas que corresponde.",
    ),
    (
        "plan_case_manager",
        "routed",
        1,
        "dean",
        False,
        "Tell the plan's case manager",
        "Avisar a la persona encargada del plan",
        "The case manager of the plan was told.",
        "Se informó a la persona encargada del plan.",
    ),
    (
        "liaison",
        "routed",
        1,
        "dean",
        False,
        "Tell the school's liaison",
        "Avisar al enlace de la escuela",
        "The liaison was told.",
        "Se informó al enlace.",
    ),
    (
        "circle",
        "circle_proposed",
        10,
        "coordinator",
        False,
        "Hold the circle",
        "Realizar el círculo",
        "The circle was held, or why not.",
        "El círculo se realizó, o por qué no.",
    ),
    (
        "agreement_term",
        "agreement_term_made",
        10,
        "coordinator",
        False,
        "Is the term of the agreement kept?",
        "¿Se cumple este punto del acuerdo?",
        "Kept, late or not kept, marked by someone other than its owner.",
        "Cumplido, tarde o no cumplido, marcado por alguien distinto de quien lo debe.",
    ),
    (
        "agreement_check_in",
        "agreement_made",
        5,
        "coordinator",
        False,
        "Check in on the agreement",
        "Dar seguimiento al acuerdo",
        "Both sides were asked how the agreement is going.",
        "Se preguntó a ambas partes cómo va el acuerdo.",
    ),
    (
        "agreement_check_in",
        "agreement_made",
        20,
        "coordinator",
        False,
        "Check in on the agreement",
        "Dar seguimiento al acuerdo",
        "Both sides were asked how the agreement is going.",
        "Se preguntó a ambas partes cómo va el acuerdo.",
    ),
    (
        "agreement_check_in",
        "agreement_made",
        60,
        "coordinator",
        False,
        "Check in on the agreement",
        "Dar seguimiento al acuerdo",
        "Both sides were asked how the agreement is going.",
        "Se preguntó a ambas partes cómo va el acuerdo.",
    ),
    (
        "care_screen",
        "care_opened",
        0,
        "administrator",
        True,
        "Screening by a clinician, today",
        "Evaluación por personal clínico, hoy",
        "A clinician spoke with the student and said what comes next.",
        "Personal clínico habló con el estudiante y dijo qué sigue.",
    ),
)


def upgrade() -> None:
    op.bulk_insert(
        TABLE,
        [
            {
                "kind": kind,
                "event": event,
                "due_in_school_days": days,
                "title_en": title_en,
                "title_es": title_es,
                "closes_with_en": closes_en,
                "closes_with_es": closes_es,
                "owner_role": owner_role,
                "single_mail": single_mail,
                "starts_on": FROM,
            }
            for kind, event, days, owner_role, single_mail, title_en, title_es, closes_en, closes_es in ROWS
        ],
    )


def downgrade() -> None:
    op.execute(sa.text("UPDATE follow_up SET template_id = NULL"))
    op.execute(sa.text("DELETE FROM follow_up_template"))
