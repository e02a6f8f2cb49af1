"""Discipline actions: the packet, removals of every kind, disability days, appeals, restraint and time-out.

Revision ID: 0020
Revises: 0019
"""

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = ("in_school_suspension", "out_of_school_suspension", "expulsion", "alternative_placement", "sent_home")
ADDED = ("early_pick_up", "bus_removal")
ANSWERS = ("yes", "no", "not_known")
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TEXTS = sa.table(
    "family_text",
    sa.column("code", sa.String),
    sa.column("language", sa.String),
    sa.column("starts_on", sa.Date),
    sa.column("title", sa.String),
    sa.column("text", sa.Text),
)
FOLDER = Path(__file__).resolve().parent.parent / "data" / "family_texts_2026"
NOTICE = "discipline_notice"
FROM = date(2020, 8, 1)


def upgrade() -> None:
    _kinds((*KINDS, *ADDED))
    with op.batch_alter_table("discipline_action") as batch:
        batch.add_column(_choice("discipline_action", "state", ("standing", "reversed"), "standing"))
        _one_of(batch, "discipline_action", "state", ("standing", "reversed"))
        for column in ("disability", "suspected"):
            batch.add_column(_choice("discipline_action", column, ANSWERS))
            _one_of(batch, "discipline_action", column, ANSWERS)
        batch.add_column(sa.Column("year_days", BIG, nullable=True))
        batch.add_column(sa.Column("review_acknowledged", sa.Boolean(), server_default="0", nullable=False))
        batch.add_column(sa.Column("offered", JSON, server_default="[]", nullable=False))
        batch.add_column(sa.Column("answers", JSON, server_default="{}", nullable=False))
    _create("discipline_version", VERSION, ("action_id", "discipline_action"), ("changed_by_id", "user_account"),
            constraints=(sa.UniqueConstraint("action_id", "number", name="uq_discipline_version_action_id_number"),))  # fmt: skip
    _create("discipline_appeal", APPEAL, ("action_id", "discipline_action"), ("recorded_by_id", "user_account"),
            constraints=(sa.UniqueConstraint("action_id", name="uq_discipline_appeal_action_id"),
                         *_checks("discipline_appeal", APPEAL_CHECKS)))  # fmt: skip
    _create("restraint_record", RESTRAINT, ("incident_id", "incident"), ("student_id", "student"),
            ("recorded_by_id", "user_account"),
            constraints=_checks("restraint_record", RESTRAINT_CHECKS))  # fmt: skip
    op.create_index("ix_restraint_record_incident_id", "restraint_record", ["incident_id"])
    op.create_index("ix_restraint_record_student_id", "restraint_record", ["student_id"])
    op.create_index("ix_restraint_record_school_date", "restraint_record", ["school_id", "local_date"])
    op.bulk_insert(TEXTS, [_text_row(language) for language in ("en", "es")])


def downgrade() -> None:
    """What the first release has no word for goes back to what it called it: sent home, or early pick-up."""
    op.execute(TEXTS.delete().where(TEXTS.c.code == NOTICE))
    for table in ("restraint_record", "discipline_appeal", "discipline_version"):
        op.drop_table(table)
    with op.batch_alter_table("discipline_action") as batch:
        for column in ("state", "disability", "suspected"):
            batch.drop_constraint(op.f(f"ck_discipline_action_{column}"), type_="check")
        for column in (
            "state", "disability", "suspected", "year_days", "review_acknowledged", "offered", "answers",
        ):  # fmt: skip
            batch.drop_column(column)
    op.execute("UPDATE discipline_action SET kind = 'sent_home' WHERE kind IN ('early_pick_up', 'bus_removal')")
    _kinds(KINDS)


def _kinds(values: tuple[str, ...]) -> None:
    with op.batch_alter_table("discipline_action") as batch:
        batch.drop_constraint(op.f("ck_discipline_action_kind"), type_="check")
        _one_of(batch, "discipline_action", "kind", values)


def _choice(
    table: str, column: str, values: tuple[str, ...], default: str | None = None, *, required: bool = False
) -> sa.Column:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{column}"), native_enum=False, create_constraint=False, length=40)
    return sa.Column(column, kind, nullable=default is None and not required, server_default=default)


def _one_of(batch, table: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    batch.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({listed})")


def _checks(table: str, checks: dict[str, str]) -> tuple[sa.CheckConstraint, ...]:
    return tuple(sa.CheckConstraint(words, name=op.f(f"ck_{table}_{name}")) for name, words in checks.items())


def _create(table: str, columns, *keys: tuple[str, str], constraints=()) -> None:
    """Make a table of a school's: id, school and keys, then its own columns; a choice brings its own CHECK."""
    made = [sa.Column("id", BIG, nullable=False), sa.Column("school_id", BIG, nullable=False)]
    optional = {"changed_by_id", "recorded_by_id"}
    made += [sa.Column(name, BIG, nullable=name in optional) for name, _to in keys]
    checks = []
    for name, kind in columns:
        if isinstance(kind, tuple):
            kind, required = (kind[1:], False) if kind[0] is None else (kind, True)
            made.append(_choice(table, name, kind, required=required))
            listed = ", ".join(f"'{value}'" for value in kind)
            checks.append(sa.CheckConstraint(f"{name} IN ({listed})", name=op.f(f"ck_{table}_{name}")))
        else:
            made.append(kind._copy() if isinstance(kind, sa.Column) else sa.Column(name, kind, nullable=False))
    refer = [
        sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, to in (("school_id", "school"), *keys)
    ]
    op.create_table(
        table, *made, *refer, *checks, *constraints, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))
    )


def _maybe(name: str, kind) -> tuple[str, sa.Column]:
    return name, sa.Column(name, kind, nullable=True)


def _blank(name: str, kind) -> tuple[str, sa.Column]:
    return name, sa.Column(name, kind, server_default="", nullable=False)


VERSIONED = ("version", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
VERSION = (
    ("number", BIG),
    ("kind", (*KINDS, *ADDED)),
    ("days", BIG),
    ("starts_on", sa.Date()),
    _maybe("ends_on", sa.Date()),
    ("reason", sa.Text()),
    ("cause", ("correction", "appeal")),
    ("why", sa.Text()),
    ("changed_at", MOMENT),
)
APPEAL = (
    ("asked_by", ("guardian", "student", "somebody_else")),
    _blank("asked_name", sa.String(200)),
    ("asked_on", sa.Date()),
    _blank("asked_why", sa.Text()),
    _maybe("heard_on", sa.Date()),
    _blank("heard_by", sa.String(200)),
    ("outcome", (None, "upheld", "shortened", "reversed")),
    _maybe("decided_on", sa.Date()),
    _blank("decision", sa.Text()),
    ("recorded_at", MOMENT),
    VERSIONED,
)
APPEAL_CHECKS = {
    "decided": "(outcome is null) = (decided_on is null)"
    " and (outcome is null or (heard_on is not null and decision <> ''))",
    "heard": "heard_on is null or heard_on >= asked_on",
    "order": "decided_on is null or decided_on >= heard_on",
}
RESTRAINT = (
    ("kind", ("time_out", "isolated_time_out", "physical_restraint")),
    ("local_date", sa.Date()),
    ("started_at", MOMENT),
    ("ended_at", MOMENT),
    ("danger", sa.Text()),
    ("tried", sa.Text()),
    ("staff_present", sa.Text()),
    ("harm", sa.String(40)),
    _blank("harm_words", sa.Text()),
    _maybe("guardian_told_at", MOMENT),
    _blank("guardian_manner", sa.String(40)),
    _maybe("reviewed_on", sa.Date()),
    _blank("review", sa.Text()),
    ("recorded_at", MOMENT),
    VERSIONED,
)
RESTRAINT_CHECKS = {
    "times": "ended_at >= started_at",
    "review": "(reviewed_on is null) = (review = '')",
    "harm": "harm = 'none' or harm_words <> ''",
}


def _text_row(language: str) -> dict[str, object]:
    """Return the row of one file: its first line is the title, the rest the text."""
    title, text = (FOLDER / f"{NOTICE}.{language}.txt").read_text(encoding="utf-8").split("\n", 1)
    return {"code": NOTICE, "language": language, "starts_on": FROM, "title": title, "text": text.strip()}
