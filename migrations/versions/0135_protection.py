"""Words of what protects people before a decision: the threat team, a counselor, calls that wait, and Article 26A.

Revision ID: 0135
Revises: 0134
"""

from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0135"
down_revision = "0134"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STARTS_ON = date(2020, 8, 1)
CODE = "article_26a_support"
NEW_KINDS = ("threat_team", "plan_case_manager_harmed", "counselor_harmed")
NEW_EVENTS = ("routed_ask_first", "routed_article_26a")
TEXTS = ("kind", "event", "title_en", "title_es", "closes_with_en", "closes_with_es", "owner_role")
TEMPLATE = sa.table(
    "follow_up_template",
    *(sa.column(name, sa.String) for name in TEXTS),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("single_mail", sa.Boolean),
    sa.column("starts_on", sa.Date),
)
KIND = sa.table(
    "legal_duty_kind",
    sa.column("id", BIG),
    *(
        sa.column(name, sa.String)
        for name in ("code", "trigger_en", "trigger_es", "tell_en", "tell_es", "clock_en", "clock_es", "source")
    ),
    sa.column("clock_hours", sa.Integer),
    sa.column("is_confirmed", sa.Boolean),
    sa.column("starts_on", sa.Date),
)
STEP = sa.table(
    "legal_duty_kind_step",
    sa.column("kind_id", BIG),
    sa.column("position", BIG),
    sa.column("whom_en", sa.String),
    sa.column("whom_es", sa.String),
)
ASKED_EN = (
    "A named counselor first asked the student, alone, what is safe to say at home. A bullying notice waits for "
    "this too, within its 24 hours. Then who was reached, when and how; a voicemail is an attempt, not contact."
)
ASKED_ES = (
    "Un consejero, con nombre, preguntó primero al estudiante, a solas, qué se puede decir en casa sin peligro. "
    "Un aviso de acoso escolar también espera, dentro de sus 24 horas. Después, a quién se localizó, cuándo y cómo."
)
ARTICLE_EN = (
    "The Article 26A resource person first asked the student who was harmed, alone. The Title IX coordinator set what "
    "may be said. No one calls the named student's family to verify. A bullying notice waits too, within its 24 hours."
)
ARTICLE_ES = (
    "La persona del Artículo 26A preguntó primero, a solas, al estudiante que sufrió el daño. El coordinador del "
    "Título IX fijó qué se puede decir. Nadie llama a la familia del estudiante señalado para verificar. Un aviso "
    "de acoso escolar también espera, dentro de sus 24 horas."
)


def _call(kind: str, event: str, english: str, spanish: str) -> dict[str, Any]:
    closes = (ASKED_EN, ASKED_ES) if event == "routed_ask_first" else (ARTICLE_EN, ARTICLE_ES)
    return _template(kind, event, (english, spanish), closes)


def _template(kind: str, event: str, title: tuple[str, str], closes: tuple[str, str], days: int = 0) -> dict[str, Any]:
    return {
        "kind": kind, "event": event, "title_en": title[0], "title_es": title[1], "closes_with_en": closes[0],
        "closes_with_es": closes[1], "owner_role": "dean", "due_in_school_days": days, "single_mail": True,
        "starts_on": STARTS_ON,
    }  # fmt: skip


def upgrade() -> None:
    op.bulk_insert(TEMPLATE, _templates())
    connection = op.get_bind()
    connection.execute(sa.insert(KIND).values(**_kind()))
    number = connection.execute(sa.select(KIND.c.id).where(KIND.c.code == CODE)).scalar_one()
    whom = {
        "whom_en": "The school's resource person of Article 26A",
        "whom_es": "La persona de recursos del Artículo 26A",
    }
    op.bulk_insert(STEP, [{"kind_id": number, "position": 1} | whom])


def _templates() -> list[dict[str, Any]]:
    threat = (
        "Convene the threat assessment team today", "Reunir hoy al equipo de evaluación de amenazas",
    )  # fmt: skip
    met = (
        "The team met: who was there, what it found, and what it decided (105 ILCS 128/45).",
        "El equipo se reunió: quién estuvo, qué encontró y qué decidió (105 ILCS 128/45).",
    )
    manager = (
        "Tell the case manager of the plan of the student who was harmed",
        "Avisar al responsable del plan del estudiante que sufrió el daño",
    )
    told = ("The case manager of the plan was told.", "Se avisó al responsable del plan.")
    counselor = (
        "Bring a counselor to the student who was harmed", "Llevar un consejero al estudiante que sufrió el daño",
    )  # fmt: skip
    seen = (
        "A counselor saw the student. No one asks the student what happened.",
        "Un consejero vio al estudiante. Nadie pregunta al estudiante qué pasó.",
    )
    guardian, harmed = "guardian_contact", "guardian_contact_harmed"
    return [
        _template("threat_team", "routed", threat, met),
        _template("plan_case_manager_harmed", "routed", manager, told, days=1),
        _template("counselor_harmed", "routed", counselor, seen),
        _call(guardian, "routed_ask_first", "Contact the guardian, after a counselor has asked the student",
              "Contactar al padre, madre o tutor, después de que un consejero pregunte al estudiante"),
        _call(harmed, "routed_ask_first",
              "Contact the family of the student who was harmed, after a counselor has asked the student",
              "Contactar a la familia del estudiante que sufrió el daño, después de que un consejero le pregunte"),
        _call(guardian, "routed_article_26a", "Contact the guardian, once the Article 26A resource person says so",
              "Contactar al padre, madre o tutor, cuando lo indique la persona de recursos del Artículo 26A"),
        _call(harmed, "routed_article_26a",
              "Contact the family of the student who was harmed, once the Article 26A resource person says so",
              "Contactar a la familia del estudiante que sufrió el daño, cuando lo indique la persona del Artículo 26A"),
    ]  # fmt: skip


def _kind() -> dict[str, Any]:
    return {
        "code": CODE,
        "trigger_en": "sexual harassment or contact, a sexual image, or dating violence",
        "trigger_es": "acoso o contacto sexual, una imagen sexual o violencia en el noviazgo",
        "tell_en": "the school's resource person of Article 26A, who supports the student who was harmed",
        "tell_es": "a la persona de recursos del Artículo 26A de la escuela, que apoya al estudiante que sufrió el daño",
        "clock_en": "the same day",
        "clock_es": "el mismo día",
        "clock_hours": 8,
        "source": "105 ILCS 5/26A",
        "is_confirmed": False,
        "starts_on": STARTS_ON,
    }


def downgrade() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in NEW_KINDS)
    events = ", ".join(f"'{event}'" for event in NEW_EVENTS)
    made = f"SELECT id FROM follow_up_template WHERE kind IN ({kinds}) OR event IN ({events})"
    op.execute(f"UPDATE follow_up SET template_id = NULL WHERE template_id IN ({made})")
    op.execute(f"DELETE FROM follow_up_template WHERE kind IN ({kinds}) OR event IN ({events})")
    # a duty that was raised keeps its row of the table
    unused = f"SELECT id FROM legal_duty_kind WHERE code = '{CODE}' AND id NOT IN (SELECT kind_id FROM legal_duty)"
    op.execute(f"DELETE FROM legal_duty_kind_step WHERE kind_id IN ({unused})")
    op.execute(f"DELETE FROM legal_duty_kind WHERE code = '{CODE}' AND id NOT IN (SELECT kind_id FROM legal_duty)")
