"""Legal duties: their steps, who may know, and the questioning of a student.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OPEN_ONLY = "OLD.state IN ('due', 'verify_first')"
PERSONS = ("owner_id", "raised_by_id", "verified_by_id")
TEXTS = ("raised_because", "verified_how")
VERIFIED = "(verified_by_id is null) = (verified_at is null) and (verified_at is null or verified_how <> '')"
BY_HAND = "raised_by_id is null or raised_because <> ''"
TOLD = (
    "(outcome = 'done' and done_at is not null and told_whom <> '' and channel <> '')"
    " or (outcome = 'not_applicable' and note <> '')"
)
STEPS = {
    "firearm_or_gun_threat": (
        ("The principal's office", "La oficina de la dirección"),
        ("The local police", "La policía local"),
        ("The student's guardian", "El tutor del estudiante"),
    ),
    "firearm_report_chicago": (
        ("The police, by the chief executive or designee",
         "La policía, por medio del director ejecutivo o la persona que designe"),
        ("The State Police, by the chief executive or designee",
         "La policía estatal, por medio del director ejecutivo o la persona que designe"),
    ),
    "drug_incident": (("The local police", "La policía local"),),
    "drug_delivery": (("The police", "La policía"),),
    "attack_on_staff": (("The local police", "La policía local"),),
    "clear_and_present_danger": (
        ("The State Police portal; no officer is called",
         "El portal de la policía estatal; no se llama a ningún agente"),
    ),
    "child_abuse_or_neglect": (
        ("The DCFS hotline", "La línea directa del DCFS"),
        ("DCFS, the written confirmation (within 48 hours, UNCONFIRMED)",
         "El DCFS, la confirmación por escrito (en 48 horas, SIN CONFIRMAR)"),
    ),
    "bullying_notice": (
        ("All families", "Todas las familias"),
        ("The inquiry (10 school days, UNCONFIRMED)", "La averiguación (10 días escolares, SIN CONFIRMAR)"),
    ),
    "bullying_yearly": (("The State Board", "La junta estatal de educación"),),
    "title_ix_contact": (("The Title IX coordinator", "El coordinador del Título IX"),),
    "civil_rights_contact": (("The Office of Student Protections", "La Oficina de Protección Estudiantil"),),
    "adult_conduct": (
        ("The Office of Student Protections", "La Oficina de Protección Estudiantil"),
        ("DCFS", "El DCFS"),
    ),
    "disability_records": (("The authority told", "La autoridad a la que se avisó"),),
    "questioning_of_student": (
        ("The guardian, before it starts", "El tutor, antes de que empiece"),
        ("A guardian or support professional, present", "Un tutor o un profesional de apoyo, presente"),
    ),
    "annual_police_referral_count": (("The State Board", "La junta estatal de educación"),),
}  # fmt: skip
"""What each first row of the table asks for, whom to tell one by one: English, Spanish."""


def upgrade() -> None:
    with op.batch_alter_table("legal_duty_kind") as batch:
        batch.create_unique_constraint(op.f("uq_legal_duty_kind_code_starts_on"), ["code", "starts_on"])
        batch.create_check_constraint(op.f("ck_legal_duty_kind_dates"), "ends_on is null or ends_on >= starts_on")
    op.create_table(
        "legal_duty_kind_step",
        _id(),
        _key("kind_id", "legal_duty_kind_step", "legal_duty_kind"),
        sa.Column("position", BIG, nullable=False),
        sa.Column("whom_en", sa.String(300), nullable=False),
        sa.Column("whom_es", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_duty_kind_step")),
        sa.UniqueConstraint("kind_id", "position", name=op.f("uq_legal_duty_kind_step_kind_id_position")),
    )
    _plant_steps()
    _more_of_duties()
    _steps_carried_out()
    _questionings()


def _id() -> sa.Column:
    return sa.Column("id", BIG, nullable=False)


def _key(name: str, table: str, to: str, *, nullable: bool = False) -> sa.Column:
    refers = sa.ForeignKey(f"{to}.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, BIG, refers, nullable=nullable)


def _choice(name: str, table: str, check: str, values: tuple[str, ...], *, nullable: bool = False) -> sa.Column:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{check}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)


def _words(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _plant_steps() -> None:
    kind = sa.table("legal_duty_kind", sa.column("id", BIG), sa.column("code", sa.String))
    step = sa.table(
        "legal_duty_kind_step",
        *(sa.column(name, BIG) for name in ("kind_id", "position")),
        *(sa.column(name, sa.String) for name in ("whom_en", "whom_es")),
    )
    rows = [
        {"kind_id": number, "position": position, "whom_en": english, "whom_es": spanish}
        for number, code in op.get_bind().execute(sa.select(kind.c.id, kind.c.code)).all()
        for position, (english, spanish) in enumerate(STEPS.get(code, ()), 1)
    ]
    op.bulk_insert(step, rows)


def _more_of_duties() -> None:
    with op.batch_alter_table("legal_duty") as batch:
        batch.add_column(sa.Column("aware_at", MOMENT, nullable=True))
        batch.add_column(sa.Column("verified_at", MOMENT, nullable=True))
        for name in PERSONS:
            batch.add_column(sa.Column(name, BIG, nullable=True))
            batch.create_foreign_key(op.f(f"fk_legal_duty_{name}"), "user_account", [name], ["id"])
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
        batch.create_index("ix_legal_duty_owner_id", ["owner_id"])
        batch.create_check_constraint(op.f("ck_legal_duty_verified"), VERIFIED)
        batch.create_check_constraint(op.f("ck_legal_duty_by_hand"), BY_HAND)
    op.execute("UPDATE legal_duty SET aware_at = raised_at")
    op.execute(
        "UPDATE legal_duty SET owner_id = (SELECT reporter_id FROM incident WHERE incident.id = incident_id)"
        " WHERE code = 'child_abuse_or_neglect'"
    )
    with op.batch_alter_table("legal_duty") as batch:
        batch.alter_column("aware_at", existing_type=MOMENT, nullable=False)
        for name in TEXTS:
            batch.alter_column(name, existing_type=sa.Text(), existing_nullable=False, server_default=None)
    _refuse_deletion()


def _refuse_deletion() -> None:
    # no path of the application deletes an open duty, and no other may either
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER legal_duty_stays BEFORE DELETE ON legal_duty WHEN {OPEN_ONLY}"
            " BEGIN SELECT RAISE(ABORT, 'an open legal duty is never deleted'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION legal_duty_stays() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'an open legal duty is never deleted' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER legal_duty_stays BEFORE DELETE ON legal_duty FOR EACH ROW WHEN ({OPEN_ONLY})"
        " EXECUTE FUNCTION legal_duty_stays()"
    )


def _steps_carried_out() -> None:
    table = "legal_duty_step"
    op.create_table(
        table,
        _id(),
        _key("duty_id", table, "legal_duty"),
        _key("kind_step_id", table, "legal_duty_kind_step"),
        _key("school_id", table, "school"),
        _choice("outcome", table, "outcome", ("done", "not_applicable")),
        sa.Column("done_at", MOMENT, nullable=True),
        _words("told_whom", 200),
        _words("channel", 40),
        _words("reference", 120),
        _words("note"),
        _key("recorded_by_id", table, "user_account", nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_duty_step")),
        sa.UniqueConstraint("duty_id", "kind_step_id", name=op.f("uq_legal_duty_step_duty_id_kind_step_id")),
        sa.CheckConstraint(TOLD, name=op.f("ck_legal_duty_step_told")),
    )


CHECKS = {
    "late": "not recorded_late or (late_reason <> '' and started_at is not null)",
    "exception": "exception is null or exception_reason <> ''",
    "adult": "adult_present is null or adult_name <> ''",
    "start": "started_at is null or recorded_late or exception is not null or adult_present is not null",
    "ending": "ended_at is null or (started_at is not null and ended_at >= started_at and what_followed <> '')",
    "called_off": "called_off_at is null or (started_at is null and what_followed <> '')",
}
EXCEPTIONS = ("bodily_injury", "fleeing", "evidence", "emergency")


def _questionings() -> None:
    table = "questioning"
    op.create_table(
        table,
        _id(),
        _key("school_id", table, "school"),
        _key("incident_id", table, "incident"),
        _key("student_id", table, "student"),
        _key("duty_id", table, "legal_duty"),
        _choice("asked_by", table, "asked_by", ("police", "school_security")),
        _words("who", 200),
        _words("why"),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _key("recorded_by_id", table, "user_account", nullable=True),
        sa.Column("recorded_late", sa.Boolean(), nullable=False),
        _words("late_reason"),
        _choice("adult_present", table, "adult_present", ("guardian", "support_professional"), nullable=True),
        _words("adult_name", 200),
        _choice("exception", table, "claimed", EXCEPTIONS, nullable=True),
        _words("exception_reason"),
        *(sa.Column(name, MOMENT, nullable=True) for name in ("started_at", "ended_at", "called_off_at")),
        _words("what_followed"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questioning")),
        *(sa.CheckConstraint(words, name=op.f(f"ck_questioning_{name}")) for name, words in CHECKS.items()),
    )
    op.create_index("ix_questioning_incident", table, ["incident_id"])
    op.create_index("ix_questioning_school", table, ["school_id", "recorded_at"])
    op.create_index("ix_questioning_student_id", table, ["student_id"])
    notice = "questioning_notice"
    op.create_table(
        notice,
        _id(),
        _key("questioning_id", notice, table),
        _key("school_id", notice, "school"),
        sa.Column("at", MOMENT, nullable=False),
        _words("manner", 20),
        _words("result", 20),
        _words("told_whom", 200),
        _words("note"),
        _key("recorded_by_id", notice, "user_account", nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questioning_notice")),
    )
    op.create_index("ix_questioning_notice_questioning_id", notice, ["questioning_id"])


def downgrade() -> None:
    for table in ("questioning_notice", "questioning", "legal_duty_step", "legal_duty_kind_step"):
        op.drop_table(table)
    op.execute("DROP TRIGGER legal_duty_stays" + ("" if op.get_bind().dialect.name == "sqlite" else " ON legal_duty"))
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION legal_duty_stays()")
    with op.batch_alter_table("legal_duty") as batch:
        batch.drop_constraint(op.f("ck_legal_duty_by_hand"), type_="check")
        batch.drop_constraint(op.f("ck_legal_duty_verified"), type_="check")
        batch.drop_index("ix_legal_duty_owner_id")
        for name in PERSONS:
            batch.drop_constraint(op.f(f"fk_legal_duty_{name}"), type_="foreignkey")
        for name in (*PERSONS, *TEXTS, "verified_at", "aware_at"):
            batch.drop_column(name)
    with op.batch_alter_table("legal_duty_kind") as batch:
        batch.drop_constraint(op.f("ck_legal_duty_kind_dates"), type_="check")
        batch.drop_constraint(op.f("uq_legal_duty_kind_code_starts_on"), type_="unique")
