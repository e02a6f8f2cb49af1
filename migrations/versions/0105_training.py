"""Training: topics, requirements, sessions, records. The trainings of circle keepers move there, each with its id.

Revision ID: 0105
Revises: 0104
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FROM = date(2000, 1, 1)
FIRST = (
    ("circle_keeping", "Keeping circles", "Facilitar círculos"),
    ("restorative_practice", "Restorative practice", "Práctica restaurativa"),
    ("de_escalation", "De-escalation", "Calmar la situación"),
    ("mentoring", "Mentoring", "Mentoría"),
    ("trauma_informed", "Trauma-informed practice", "Práctica informada sobre el trauma"),
    ("bias", "Bias and equity", "Prejuicios y equidad"),
    ("restraint", "Restraint and time-out", "Restricción física y tiempo fuera"),
    ("suicide_prevention", "Suicide prevention", "Prevención del suicidio"),
)
KEPT = ("circle_keeping", "restorative_practice", "de_escalation", "mentoring")
"""Topics that trainings had before, as the kinds of one table."""
ROLES = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")
SHARED = "id, school_id, user_id, provider, completed_on, valid_until, recorded_at, recorded_by_id"


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def _topic(table: str) -> sa.Column[str]:
    key = sa.ForeignKey("training_topic.code", name=op.f(f"fk_{table}_topic"))
    return sa.Column("topic", sa.String(40), key, nullable=False)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _in(table: str, name: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{name} IN ({words})", name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _topics()
    _requirements()
    _sessions()
    _records()
    op.execute(
        f"INSERT INTO training_record ({SHARED}, topic, certificate, taken_back_reason)"
        f" SELECT {SHARED}, kind, '', '' FROM keeper_training"
    )
    _count_on("training_record")
    op.execute("UPDATE timeline_entry SET subject_type = 'training_record' WHERE subject_type = 'keeper_training'")
    op.drop_index("ix_keeper_training_user", "keeper_training")
    op.drop_table("keeper_training")


def _count_on(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table} HAVING max(id) IS NOT NULL"
        )


def _topics() -> None:
    made = op.create_table(
        "training_topic",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("name_es", sa.String(120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_training_topic_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_topic")),
        sa.UniqueConstraint("code", name=op.f("uq_training_topic_code")),
    )
    rows = [{"code": code, "name_en": en, "name_es": es, "starts_on": FROM} for code, en, es in FIRST]
    op.bulk_insert(made, rows)


def _requirements() -> None:
    op.create_table(
        "training_requirement",
        sa.Column("id", BIG, nullable=False),
        _topic("training_requirement"),
        sa.Column("shape", sa.String(40), nullable=False),
        sa.Column("role", sa.String(40)),
        sa.Column("months", BIG),
        sa.Column("minimum", BIG),
        _text("source", 300),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_training_requirement_dates")),
        sa.CheckConstraint(
            "(shape = 'every_person' and role is not null and months is not null and months > 0 and minimum is null)"
            " or (shape = 'school_minimum' and role is null and months is null and minimum is not null"
            " and minimum > 0)",
            name=op.f("ck_training_requirement_one_shape"),
        ),
        _in("training_requirement", "shape", ("every_person", "school_minimum")),
        _in("training_requirement", "role", ROLES),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_requirement")),
    )


def _sessions() -> None:
    op.create_table(
        "training_session",
        sa.Column("id", BIG, nullable=False),
        _to("training_session", "school_id", "school", nullable=True),
        _topic("training_session"),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", BIG, nullable=False),
        _text("provider", 200),
        _to("training_session", "partner_id", "partner", nullable=True),
        _text("code", 8),
        sa.Column("made_at", MOMENT, nullable=False),
        _to("training_session", "made_by_id", "user_account", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_training_session_minutes")),
        sa.CheckConstraint("partner_id is null or provider = ''", name=op.f("ck_training_session_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_session")),
    )
    op.create_index("ix_training_session_school", "training_session", ["school_id", "held_on"])
    shown = {"sqlite_where": sa.text("code <> ''"), "postgresql_where": sa.text("code <> ''")}
    op.create_index("uq_training_session_code", "training_session", ["held_on", "code"], unique=True, **shown)
    op.create_table(
        "training_guess",
        sa.Column("id", BIG, nullable=False),
        _to("training_guess", "user_id", "user_account"),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_guess")),
    )
    op.create_index("ix_training_guess_user", "training_guess", ["user_id", "at"])


def _records() -> None:
    name = "training_record"
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        _to(name, "school_id", "school"),
        _to(name, "user_id", "user_account"),
        _topic(name),
        _to(name, "session_id", "training_session", nullable=True),
        _text("provider", 200),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("minutes", BIG),
        _text("certificate", 120),
        sa.Column("valid_until", sa.Date()),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to(name, "recorded_by_id", "user_account", nullable=True),
        sa.Column("taken_back_at", MOMENT),
        _to(name, "taken_back_by_id", "user_account", nullable=True),
        _text("taken_back_reason", 300),
        sa.CheckConstraint("valid_until is null or valid_until >= completed_on", name=op.f("ck_training_record_dates")),
        sa.CheckConstraint("minutes is null or minutes > 0", name=op.f("ck_training_record_minutes")),
        sa.CheckConstraint(
            "(taken_back_at is null) = (taken_back_reason = '')", name=op.f("ck_training_record_taken_back")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_record")),
    )
    op.create_index("ix_training_record_user", name, ["user_id"])
    op.create_index("ix_training_record_school", name, ["school_id", "topic"])
    signed = sa.text("session_id IS NOT NULL AND taken_back_at IS NULL")
    where = {"sqlite_where": signed, "postgresql_where": signed}
    op.create_index("uq_training_record_session", name, ["session_id", "user_id"], unique=True, **where)


def downgrade() -> None:
    op.create_table(
        "keeper_training",
        sa.Column("id", BIG, nullable=False),
        _to("keeper_training", "school_id", "school"),
        _to("keeper_training", "user_id", "user_account"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to("keeper_training", "recorded_by_id", "user_account", nullable=True),
        _in("keeper_training", "kind", KEPT),
        sa.CheckConstraint("valid_until is null or valid_until >= completed_on", name=op.f("ck_keeper_training_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keeper_training")),
    )
    op.create_index("ix_keeper_training_user", "keeper_training", ["user_id"])
    kept = ", ".join(f"'{code}'" for code in KEPT)
    # what was taken back counted no more, and there it would count again
    op.execute(
        f"INSERT INTO keeper_training ({SHARED}, kind) SELECT {SHARED}, topic FROM training_record"
        f" WHERE topic IN ({kept}) AND taken_back_at IS NULL"
    )
    _count_on("keeper_training")
    op.execute("UPDATE timeline_entry SET subject_type = 'keeper_training' WHERE subject_type = 'training_record'")
    for name in ("training_record", "training_guess", "training_session", "training_requirement", "training_topic"):
        op.drop_table(name)
