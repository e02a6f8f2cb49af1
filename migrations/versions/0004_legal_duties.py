"""The first rows of the dated table of legal duties.

Revision ID: 0004
Revises: 0003
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STARTS_ON = date(2016, 8, 1)

KINDS = sa.table(
    "legal_duty_kind",
    sa.column("id", sa.BigInteger),
    sa.column("code", sa.String),
    sa.column("trigger_en", sa.Text),
    sa.column("trigger_es", sa.Text),
    sa.column("tell_en", sa.Text),
    sa.column("tell_es", sa.Text),
    sa.column("clock_en", sa.String),
    sa.column("clock_es", sa.String),
    sa.column("clock_hours", sa.BigInteger),
    sa.column("source", sa.String),
    sa.column("is_confirmed", sa.Boolean),
    sa.column("starts_on", sa.Date),
    sa.column("ends_on", sa.Date),
)

# code, trigger, whom to tell, clock, hours of the clock (None: no clock in hours), source, confirmed
ROWS = (
    (
        "firearm_or_gun_threat",
        "awareness of a person with a firearm on grounds, or any threat of gun violence there",
        "se sabe de una persona con un arma de fuego en el recinto escolar, o de cualquier amenaza de violencia armada allí",
        "principal's office; local police; the student's guardian",
        "la oficina de la dirección; la policía local; el tutor del estudiante",
        "at once",
        "de inmediato",
        0,
        "105 ILCS 5/10-27.1A (amended 2025; effective date UNCONFIRMED)",
        False,
    ),
    (
        "firearm_report_chicago",
        "verified firearm incident, Chicago",
        "incidente verificado con arma de fuego, Chicago",
        "police and State Police, by the chief executive or designee",
        "la policía y la policía estatal, por medio del director ejecutivo o la persona que designe",
        "24 hours",
        "24 horas",
        24,
        "105 ILCS 5/34-8.05",
        True,
    ),
    (
        "drug_incident",
        "verified incident with cannabis, a narcotic or methamphetamine in school, on its property or in its vehicles",
        "incidente verificado con cannabis, un narcótico o metanfetamina en la escuela, en su propiedad o en sus vehículos",
        "local police",
        "la policía local",
        "at once",
        "de inmediato",
        0,
        "105 ILCS 5/10-27.1B",
        True,
    ),
    (
        "drug_delivery",
        "listed delivery offences in school, transport or within 1,000 feet",
        "las entregas de drogas enumeradas por la ley, en la escuela, en el transporte o a menos de 1,000 pies",
        "police",
        "la policía",
        "48 hours",
        "48 horas",
        48,
        "105 ILCS 127/2",
        True,
    ),
    (
        "attack_on_staff",
        "a written complaint by a staff member, whatever the injury",
        "una queja por escrito de un miembro del personal, cualquiera que sea la lesión",
        "local police",
        "la policía local",
        "at once",
        "de inmediato",
        0,
        "105 ILCS 5/10-21.7 (current wording UNCONFIRMED)",
        False,
    ),
    (
        "clear_and_present_danger",
        "an administrator's or clinician's finding",
        "la determinación de un administrador o de un profesional clínico",
        "State Police portal; no officer is called; counted apart",
        "el portal de la policía estatal; no se llama a ningún agente; se cuenta aparte",
        "24 hours",
        "24 horas",
        24,
        "Firearm Owners Identification Act",
        True,
    ),
    (
        "child_abuse_or_neglect",
        "reasonable cause; each adult's own duty",
        "causa razonable; es deber propio de cada adulto",
        "DCFS hotline",
        "la línea directa del DCFS",
        "at once; written confirmation within 48 hours UNCONFIRMED",
        "de inmediato; confirmación por escrito en 48 horas SIN CONFIRMAR",
        0,
        "ANCRA",
        False,
    ),
    (
        "bullying_notice",
        "alleged bullying, also self-harm resulting from it",
        "presunto acoso escolar, también la autolesión que resulte de él",
        "all families, 24 hours after the administration learns of the student's involvement; inquiry",
        "a todas las familias, 24 horas después de que la administración sepa de la participación del estudiante;"
        " averiguación",
        "24 hours; 10 school days UNCONFIRMED",
        "24 horas; 10 días escolares SIN CONFIRMAR",
        24,
        "105 ILCS 5/27-23.7",
        False,
    ),
    (
        "bullying_yearly",
        "verified bullying",
        "acoso escolar verificado",
        "State Board",
        "la junta estatal de educación",
        "15 August",
        "15 de agosto",
        None,
        "Public Act 103-0047",
        True,
    ),
    (
        "title_ix_contact",
        "sexual harassment or misconduct, dating violence",
        "acoso o conducta sexual indebida, violencia en el noviazgo",
        "Title IX coordinator",
        "el coordinador del Título IX",
        "at once",
        "de inmediato",
        0,
        "Title IX, 2020 rule",
        True,
    ),
    (
        "civil_rights_contact",
        "bias",
        "prejuicio",
        "Office of Student Protections",
        "la Oficina de Protección Estudiantil",
        "at once",
        "de inmediato",
        0,
        "district policy; Title VI",
        True,
    ),
    (
        "adult_conduct",
        "an adult harms a student",
        "un adulto causa daño a un estudiante",
        "Office of Student Protections; DCFS",
        "la Oficina de Protección Estudiantil; el DCFS",
        "at once",
        "de inmediato",
        0,
        "district policy; ANCRA UNCONFIRMED",
        False,
    ),
    (
        "disability_records",
        "a crime by a student with a disability is reported",
        "se denuncia un delito de un estudiante con una discapacidad",
        "the authority told",
        "la autoridad a la que se avisó",
        "with the report, as FERPA permits",
        "con el aviso, según lo permita FERPA",
        None,
        "34 CFR 300.535",
        True,
    ),
    (
        "questioning_of_student",
        "police or security to question an under-18 suspect on grounds",
        "la policía o la seguridad va a interrogar en el recinto a un menor de 18 años",
        "guardian (time and manner recorded); a guardian or support professional present",
        "el tutor (se anotan la hora y la forma); está presente un tutor o un profesional de apoyo",
        "before",
        "antes",
        None,
        "105 ILCS 5/22-88",
        True,
    ),
    (
        "annual_police_referral_count",
        "students and instances",
        "estudiantes y casos",
        "State Board, from 2027-28",
        "la junta estatal de educación, desde 2027-28",
        "yearly",
        "cada año",
        None,
        "Public Act 104-0430",
        True,
    ),
)

COLUMNS = (
    "code", "trigger_en", "trigger_es", "tell_en", "tell_es", "clock_en", "clock_es", "clock_hours", "source",
    "is_confirmed",
)  # fmt: skip


def upgrade() -> None:
    standing = sa.select(KINDS.c.code).where(KINDS.c.starts_on == STARTS_ON)
    kept = set(op.get_bind().scalars(standing))
    rows = [
        {**dict(zip(COLUMNS, row, strict=True)), "starts_on": STARTS_ON, "ends_on": None}
        for row in ROWS
        if row[0] not in kept
    ]
    op.bulk_insert(KINDS, rows)


def downgrade() -> None:
    # a kind that a duty was raised under stays: duties are never deleted
    raised = sa.table("legal_duty", sa.column("kind_id", sa.BigInteger))
    unused = KINDS.c.id.not_in(sa.select(raised.c.kind_id))
    op.execute(sa.delete(KINDS).where(KINDS.c.starts_on == STARTS_ON, unused))
