"""Whole School Safety plans: a dated template, plans with answers, committee, goals, strategies, steps and reviews.

Revision ID: 0098
Revises: 0097
"""

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
COMPONENTS = ("physical", "emotional", "trust")
STATES = ("draft", "committee", "council_vote", "approved", "in_force", "reviewed", "closed")
GROUPS = (
    *("principal", "teacher", "coordinator", "staff", "student", "parent", "council", "community", "labor"),
    "partner",
)
STANDING = sa.text("state in ('in_force','reviewed')")
GENERAL = ("About this plan", "Sobre este plan")
PHYSICAL = ("Physical safety", "Seguridad física")
EMOTIONAL = ("Emotional safety", "Seguridad emocional")
TRUST = ("Relational trust", "Confianza en las relaciones")
FIRST_TEMPLATE = (
    (
        "school_now",
        None,
        GENERAL,
        "What does safety mean to students, families, and staff at this school, and how do you know?",
        "¿Qué significa la seguridad para los estudiantes, las familias y el personal de esta escuela, y cómo lo sabe?",
        True,
    ),
    (
        "who_is_not_reached",
        None,
        GENERAL,
        "Which groups of students do current practices not reach yet?",
        "¿A qué grupos de estudiantes no llegan todavía las prácticas actuales?",
        True,
    ),
    (
        "decided_together",
        None,
        GENERAL,
        "How will students, families, the council, and staff take part in decisions about this plan?",
        "¿Cómo participarán los estudiantes, las familias, el consejo y el personal en las decisiones sobre este plan?",
        False,
    ),
    (
        "places",
        "physical",
        PHYSICAL,
        "Where and when do students and staff feel least safe in the building, and on the way to and from school?",
        "¿Dónde y cuándo se sienten menos seguros los estudiantes y el personal en el edificio, y al ir y volver de la "
        "escuela?",
        True,
    ),
    (
        "adults_present",
        "physical",
        PHYSICAL,
        "Which adults are present there, and how do they greet and help students?",
        "¿Qué adultos están presentes allí, y cómo reciben y ayudan a los estudiantes?",
        True,
    ),
    (
        "instead_of_police",
        "physical",
        PHYSICAL,
        "What does the school do first, before and instead of calling the police?",
        "¿Qué hace la escuela primero, antes y en lugar de llamar a la policía?",
        False,
    ),
    (
        "belonging",
        "emotional",
        EMOTIONAL,
        "How does every student have an adult to trust, and how do you know who has none?",
        "¿Cómo se asegura de que cada estudiante tenga un adulto en quien confiar, y cómo sabe quién no lo tiene?",
        True,
    ),
    (
        "mental_health",
        "emotional",
        EMOTIONAL,
        "What mental health and wrap-around support can students reach, at school and through partners?",
        "¿Qué apoyo de salud mental y servicios integrales pueden recibir los estudiantes, en la escuela y con socios?",
        True,
    ),
    (
        "after_harm",
        "emotional",
        EMOTIONAL,
        "How does the school support people who were harmed, from the first day on?",
        "¿Cómo apoya la escuela a las personas afectadas, desde el primer día?",
        False,
    ),
    (
        "circles",
        "trust",
        TRUST,
        "How do circles and restorative conversations happen in classrooms before any harm is done?",
        "¿Cómo se hacen círculos y conversaciones restaurativas en los salones antes de que haya un daño?",
        True,
    ),
    (
        "repair",
        "trust",
        TRUST,
        "How is harm repaired, and who leads it?",
        "¿Cómo se repara el daño, y quién lo dirige?",
        True,
    ),
    (
        "return",
        "trust",
        TRUST,
        "How are students welcomed back after time away?",
        "¿Cómo se da la bienvenida a los estudiantes que regresan después de un tiempo fuera?",
        False,
    ),
)


def _one_of(table: str, column: str, values: tuple[str, ...]) -> sa.Enum:
    name = op.f(f"ck_{table}_{column}")
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _to(table: str, column: str, target: str, nullable: bool = True) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def _words(column: str, length: int | None = None) -> sa.Column[str]:
    """Return a column of words that may stay empty."""
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(column, kind, nullable=False, server_default="")


def _figure(column: str) -> sa.Column[float]:
    return sa.Column(column, sa.Float(), nullable=True)


def _create(name: str, *columns: Any, checks: dict[str, str] | None = None, unique: tuple[str, ...] = ()) -> None:
    """Make a table with its id, its columns, the named conditions and what is unique in it."""
    rules = [sa.CheckConstraint(rule, name=op.f(f"ck_{name}_{key}")) for key, rule in (checks or {}).items()]
    once = [sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}"))] if unique else []
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))
    op.create_table(name, sa.Column("id", BIG, nullable=False), *columns, *rules, *once, key)


def _create_of_plan(
    name: str, *columns: Any, versioned: bool = True, indexed: tuple[str, ...] = (), **more: Any
) -> None:
    """Make a table of what hangs on a plan, with the plan's school."""
    counted = [sa.Column("version", sa.Integer(), nullable=False, server_default="1")] if versioned else []
    of_plan = (_to(name, "school_id", "school", False), _to(name, "plan_id", "school_plan", False))
    _create(name, *of_plan, *columns, *counted, **more)
    for column in ("school_id", "plan_id", *indexed):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def _template() -> None:
    _create(
        "plan_template",
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("to_be_checked", sa.Boolean(), nullable=False),
        _words("note", 600),
        _to("plan_template", "written_by_id", "user_account"),
        sa.Column("written_at", MOMENT, nullable=False),
        unique=("starts_on",),
    )
    op.create_table(
        "plan_question",
        sa.Column("id", BIG, nullable=False),
        _to("plan_question", "template_id", "plan_template", False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("component", _one_of("plan_question", "component", COMPONENTS), nullable=True),
        sa.Column("section", sa.String(120), nullable=False),
        _words("section_es", 120),
        sa.Column("text", sa.Text(), nullable=False),
        _words("text_es"),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_plan_question_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_question")),
        sa.UniqueConstraint("template_id", "code", name=op.f("uq_plan_question_template_id_code")),
        sa.UniqueConstraint("template_id", "position", name=op.f("uq_plan_question_template_id_position")),
    )


def _first_template() -> None:
    templates = sa.table(
        "plan_template", sa.column("id"), sa.column("starts_on", sa.Date), sa.column("to_be_checked", sa.Boolean),
        sa.column("note"), sa.column("written_at", MOMENT),
    )  # fmt: skip
    questions = sa.table(
        "plan_question", sa.column("template_id"), sa.column("position"), sa.column("code"), sa.column("component"),
        *(sa.column(name) for name in ("section", "section_es", "text", "text_es")), sa.column("required", sa.Boolean),
    )  # fmt: skip
    first = {"starts_on": date(2020, 1, 1), "to_be_checked": True, "note": ""}
    op.bulk_insert(templates, [{**first, "written_at": datetime(2026, 11, 28, tzinfo=UTC)}])
    template_id = op.get_bind().execute(sa.select(templates.c.id)).scalar_one()
    rows = [
        {
            "template_id": template_id, "position": number, "code": code, "component": component,
            "section": section[0], "section_es": section[1], "text": text, "text_es": text_es, "required": required,
        }
        for number, (code, component, section, text, text_es, required) in enumerate(FIRST_TEMPLATE, 1)
    ]  # fmt: skip
    op.bulk_insert(questions, rows)


def _plan() -> None:
    name = "school_plan"
    _create(
        name,
        _to(name, "school_id", "school", False),
        sa.Column("first_year", sa.String(7), nullable=False),
        sa.Column("last_year", sa.String(7), nullable=False),
        sa.Column("number", BIG, nullable=False),
        _words("tier", 60),
        sa.Column("state", _one_of(name, "state", STATES), nullable=False),
        _to(name, "lead_id", "user_account"),
        _to(name, "template_id", "plan_template", False),
        _to(name, "copied_from_id", "school_plan"),
        _to(name, "started_by_id", "user_account"),
        sa.Column("started_at", MOMENT, nullable=False),
        *(sa.Column(day, sa.Date(), nullable=True) for day in ("council_approved_on", "approved_on")),
        _to(name, "approved_by_id", "user_account"),
        *(sa.Column(day, sa.Date(), nullable=True) for day in ("in_force_on", "closed_on")),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        checks={
            "years": "first_year <= last_year",
            "number": "number > 0",
            "approved": "(approved_on is null) = (approved_by_id is null)",
            "needs_approval": "state not in ('approved','in_force','reviewed') or (approved_on is not null "
            "and council_approved_on is not null)",
            "in_force": "state not in ('in_force','reviewed') or in_force_on is not null",
            "closed": "(state = 'closed') = (closed_on is not null)",
        },
        unique=("school_id", "first_year", "number"),
    )
    op.create_index(
        "uq_school_plan_standing", name, ["school_id"], unique=True, sqlite_where=STANDING, postgresql_where=STANDING
    )
    op.create_index("ix_school_plan_state", name, ["state", "school_id"])
    op.create_index(op.f("ix_school_plan_lead_id"), name, ["lead_id"])


def _answers_and_committee() -> None:
    _create_of_plan(
        "plan_answer",
        _to("plan_answer", "question_id", "plan_question", False),
        sa.Column("text", sa.Text(), nullable=False),
        _to("plan_answer", "written_by_id", "user_account"),
        sa.Column("written_at", MOMENT, nullable=False),
        unique=("plan_id", "question_id"),
    )
    _create_of_plan(
        "plan_member",
        sa.Column("member_group", _one_of("plan_member", "member_group", GROUPS), nullable=False),
        _words("name", 120),
        _words("organization", 120),
        sa.Column("people", BIG, nullable=False, server_default="1"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("named_yes_on", sa.Date(), nullable=True),
        checks={
            "no_student_named": "member_group <> 'student' or "
            "(name = '' and organization = '' and named_yes_on is null)",
            "somebody": "member_group = 'student' or name <> '' or organization <> ''",
            "people": "people > 0",
            "dates": "ends_on is null or ends_on >= starts_on",
        },
    )


def _baselines() -> None:
    name = "plan_baseline"
    _create_of_plan(
        name,
        sa.Column("measure", sa.String(60), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        _figure("numerator"),
        _figure("denominator"),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        _to(name, "taken_by_id", "user_account"),
        versioned=False,
        checks={
            "period": "period_from <= period_to",
            "figure": "suppressed or numerator is not null",
            "not_negative": "(numerator is null or numerator >= 0) and (denominator is null or denominator >= 0)",
        },
    )
    _create_of_plan(
        "survey_value",
        sa.Column("instrument", sa.String(120), nullable=False),
        sa.Column("scale", sa.String(120), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("source", _one_of("survey_value", "source", ("entered", "climate")), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        _to("survey_value", "entered_by_id", "user_account"),
        versioned=False,
    )


def _goals() -> None:
    name = "plan_goal"
    measurable = "measure <> '' and direction is not null and target is not null and target_by is not null"
    _create_of_plan(
        name,
        sa.Column("component", _one_of(name, "component", COMPONENTS), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        _words("measure", 60),
        _to(name, "baseline_id", "plan_baseline"),
        _to(name, "survey_value_id", "survey_value"),
        sa.Column("direction", _one_of(name, "direction", ("up", "down", "hold")), nullable=True),
        _figure("target"),
        sa.Column("target_by", sa.Date(), nullable=True),
        _words("why_not_measured"),
        checks={
            "measurable": f"({measurable}) or why_not_measured <> ''",
            "one_baseline": "baseline_id is null or survey_value_id is null",
            "baseline": "measure <> '' or (baseline_id is null and survey_value_id is null)",
            "statement": "statement <> ''",
        },
    )
    _create_of_plan(
        "plan_strategy",
        _to("plan_strategy", "goal_id", "plan_goal", False),
        sa.Column("position", BIG, nullable=False),
        *(sa.Column(part, sa.Text(), nullable=False) for part in ("if_words", "then_words", "leads_to")),
        _to("plan_strategy", "owner_id", "user_account"),
        checks={"words": "if_words <> '' and then_words <> '' and leads_to <> ''"},
        indexed=("goal_id", "owner_id"),
    )
    _create_of_plan(
        "plan_step",
        _to("plan_step", "strategy_id", "plan_strategy", False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _to("plan_step", "owner_id", "user_account"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("evidence_required", sa.String(200), nullable=False),
        checks={"words": "text <> '' and evidence_required <> ''"},
        indexed=("strategy_id", "owner_id"),
    )


def _reviews() -> None:
    _create_of_plan(
        "plan_review",
        sa.Column("kind", _one_of("plan_review", "kind", ("mid_year", "annual")), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        _words("summary"),
        sa.Column("written_at", MOMENT, nullable=False),
        _to("plan_review", "written_by_id", "user_account"),
        sa.Column("closed_at", MOMENT, nullable=True),
        unique=("plan_id", "kind", "held_on"),
    )
    name = "plan_review_goal"
    _create_of_plan(
        name,
        _to(name, "review_id", "plan_review", False),
        _to(name, "goal_id", "plan_goal", False),
        *map(_figure, ("then_numerator", "then_denominator", "now_numerator", "now_denominator")),
        sa.Column("now_suppressed", sa.Boolean(), nullable=False),
        _figure("target"),
        sa.Column("rating", _one_of(name, "rating", ("met", "on_track", "behind", "no_longer")), nullable=True),
        _words("what_changes"),
        checks={"dropped_with_reason": "rating is null or rating <> 'no_longer' or what_changes <> ''"},
        unique=("review_id", "goal_id"),
        indexed=("goal_id",),
    )


def upgrade() -> None:
    _template()
    _first_template()
    _plan()
    _answers_and_committee()
    _baselines()
    _goals()
    _reviews()


def downgrade() -> None:
    for name in (
        *("plan_review_goal", "plan_review", "plan_step", "plan_strategy", "plan_goal", "survey_value"),
        *("plan_baseline", "plan_member", "plan_answer", "school_plan", "plan_question", "plan_template"),
    ):
        op.drop_table(name)
