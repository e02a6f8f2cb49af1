"""The climate survey: its questions and their words, rounds, links, sealed tallies, and what they came to.

Revision ID: 0101
Revises: 0100
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FROM = date(2020, 8, 1)
GROUPS = ("student", "family", "staff")
WAYS = ("invited", "open")
STATES = ("waiting", "claimed", "sent", "failed", "dropped")
DATA = Path(__file__).resolve().parent.parent / "data" / "climate_survey_2026.json"
TEXT = sa.table(
    "family_text",
    sa.column("code", sa.String),
    sa.column("language", sa.String),
    sa.column("starts_on", sa.Date),
    sa.column("title", sa.String),
    sa.column("text", sa.Text),
)


def upgrade() -> None:
    _questions()
    _rounds()
    _tallies()
    _links()
    _results()
    _opt_outs()
    words = json.loads(DATA.read_text(encoding="utf-8"))
    op.bulk_insert(TEXT, [one | {"starts_on": FROM} for one in words["texts"]])


def _one_of(table: str, column: str, values: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{column}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _table(name: str, *parts: Any) -> None:
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))
    op.create_table(name, sa.Column("id", BIG, nullable=False), *parts, key)


def _questions() -> None:
    name = "survey_question"
    _table(
        name,
        _one_of(name, "audience", GROUPS),
        sa.Column("code", sa.String(30), nullable=False),
        _one_of(name, "scale", ("agree", "yes_no")),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date()),
        _unique(name, "audience", "code", "starts_on"),
        _check(name, "dates", "ends_on is null or ends_on >= starts_on"),
    )
    asked = sa.table(
        name,
        *(sa.column(column, sa.String) for column in ("audience", "code", "scale")),
        sa.column("position", sa.Integer),
        sa.column("starts_on", sa.Date),
    )
    words = json.loads(DATA.read_text(encoding="utf-8"))
    op.bulk_insert(asked, [one | {"starts_on": FROM} for one in words["questions"]])


def _rounds() -> None:
    name = "survey_round"
    _table(
        name,
        _to(name, "school_id", "school"),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("notice_on", sa.Date()),
        *(sa.Column(f"asks_{who}", sa.Boolean(), nullable=False) for who in ("students", "families", "staff")),
        sa.Column("made_at", MOMENT, nullable=False),
        _to(name, "made_by_id", "user_account", nullable=True),
        sa.Column("counted_at", MOMENT),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _check(name, "dates", "closes_on >= opens_on"),
        _check(name, "asks_somebody", "asks_students or asks_families or asks_staff"),
        _check(name, "notice", "not asks_students or (notice_on is not null and notice_on < opens_on)"),
    )
    runs = sa.text("counted_at IS NULL")
    op.create_index(
        "uq_survey_round_running", name, ["school_id"], unique=True, sqlite_where=runs, postgresql_where=runs
    )
    op.create_index("ix_survey_round_school", name, ["school_id", "school_year"])
    name = "survey_wall"
    _table(
        name,
        _to(name, "round_id", "survey_round"),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("hour_began", MOMENT),
        sa.Column("sent", BIG, server_default="0", nullable=False),
        _unique(name, "round_id"),
        _unique(name, "code"),
        _check(name, "counts", "sent >= 0"),
    )
    name = "survey_sent_form"
    op.create_table(
        name,
        _to(name, "round_id", "survey_round"),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "digest", name=op.f(f"pk_{name}")),
    )


def _tallies() -> None:
    name = "survey_tally"
    _table(
        name,
        _to(name, "round_id", "survey_round"),
        _one_of(name, "audience", GROUPS),
        _one_of(name, "way", WAYS),
        sa.Column("invited", BIG, server_default="0", nullable=False),
        sa.Column("taken", BIG, server_default="0", nullable=False),
        sa.Column("most", BIG),
        sa.Column("sealed_text", sa.LargeBinary()),
        sa.Column("sealed_key", sa.LargeBinary()),
        sa.Column("key_name", sa.String(16), nullable=False),
        _unique(name, "round_id", "audience", "way"),
        _check(name, "bounded", "taken >= 0 and (most is null or taken <= most)"),
    )


def _links() -> None:
    name = "survey_link"
    _table(
        name,
        _to(name, "round_id", "survey_round"),
        _one_of(name, "audience", GROUPS),
        sa.Column("grade", BIG),
        _to(name, "guardian_id", "guardian", nullable=True),
        _to(name, "staff_id", "staff_member", nullable=True),
        sa.Column("nonce", sa.String(40)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("hour_began", MOMENT),
        sa.Column("sent", BIG, server_default="0", nullable=False),
        _unique(name, "round_id", "guardian_id"),
        _unique(name, "round_id", "staff_id"),
        _unique(name, "digest"),
        _check(name, "one_person", "guardian_id is null or staff_id is null"),
        _check(name, "used", "(nonce is null) = used"),
        _check(name, "no_time", "not used or (sent = 0 and hour_began is null)"),
    )
    op.create_index("ix_survey_link_round", name, ["round_id", "audience"])
    _mails()


def _mails() -> None:
    name = "survey_mail"
    _table(
        name,
        _to(name, "link_id", "survey_link"),
        _to(name, "school_id", "school"),
        sa.Column("dedupe_key", sa.String(160), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=False),
        _one_of(name, "state", STATES),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("claim_token", sa.String(64)),
        sa.Column("lease_until", MOMENT),
        sa.Column("message_id", sa.String(120), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT),
        _unique(name, "dedupe_key"),
    )
    op.create_index("ix_survey_mail_due", name, ["state", "next_attempt_at"])
    op.create_index(op.f("ix_survey_mail_link_id"), name, ["link_id"])
    op.create_table(
        "survey_mail_stop",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_survey_mail_stop")),
    )


def _results() -> None:
    name = "survey_result"
    _table(
        name,
        _to(name, "round_id", "survey_round"),
        _to(name, "school_id", "school"),
        sa.Column("school_year", sa.String(7), nullable=False),
        _one_of(name, "audience", GROUPS),
        _one_of(name, "way", WAYS),
        sa.Column("question", sa.String(30), nullable=False),
        _one_of(name, "state", ("shown", "too_few", "too_alike")),
        sa.Column("favorable", BIG),
        sa.Column("answered", BIG),
        _unique(name, "round_id", "audience", "way", "question"),
        _check(
            name, "hidden", "(state = 'shown') = (answered is not null) and (state = 'shown') = (favorable is not null)"
        ),
        _check(name, "enough", "answered is null or (answered >= 10 and favorable >= 3 and answered - favorable >= 3)"),
    )
    op.create_index("ix_survey_result_school", name, ["school_id", "school_year"])


def _opt_outs() -> None:
    name = "survey_opt_out"
    _table(
        name,
        _to(name, "student_id", "student"),
        _to(name, "school_id", "school"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        _to(name, "recorded_by_id", "user_account", nullable=True),
        _check(name, "dates", "ended_on is null or ended_on >= starts_on"),
    )
    stands = sa.text("ended_on IS NULL")
    op.create_index(
        "uq_survey_opt_out_student", name, ["student_id"], unique=True, sqlite_where=stands, postgresql_where=stands
    )
    op.create_index("ix_survey_opt_out_school", name, ["school_id"])


def downgrade() -> None:
    for name in ("opt_out", "result", "mail_stop", "mail", "link", "tally", "sent_form", "wall", "round", "question"):
        op.drop_table(f"survey_{name}")
    op.execute(TEXT.delete().where(TEXT.c.code.like("survey.%") | (TEXT.c.code == "survey_notice")))
