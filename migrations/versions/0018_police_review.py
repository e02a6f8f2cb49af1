"""Police-notification reviews: the request, its decisions, what followed, and the School Sergeants.

A notification that was recorded before reviews existed gets a review that says so.

Revision ID: 0018
Revises: 0017
"""

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DOORS = ("emergency", "required_by_law", "other")
STATES = ("called", "asked", "approved_once", "allowed", "notified", "refused", "withdrawn")
PERMITS = (
    "not permits or before_reviews or (door = 'emergency' and called_at is not null)"
    " or (door = 'required_by_law' and duty_id is not null)"
    " or (door = 'other' and first_by_id is not null and second_by_id is not null and first_by_id <> second_by_id"
    " and first_approves is not null and first_approves and second_approves is not null and second_approves)"
)
CHECKS = (
    ("permits", PERMITS),
    ("permitted_states", "state not in ('called', 'allowed', 'notified') or permits"),
    ("doors", "(door = 'other' or state not in ('asked', 'approved_once', 'refused'))"),
    ("calling", "state <> 'called' or door = 'emergency'"),
    ("danger", "door <> 'emergency' or state <> 'notified' or danger <> '' or before_reviews"),
    (
        "asking",
        "door <> 'other' or before_reviews or (not_removal and tried <> '' and alternatives <> ''"
        " and guardian_attempts <> '' and supports <> '' and why <> '')",
    ),
    ("second_person", "first_by_id is null or second_by_id is null or first_by_id <> second_by_id"),
    (
        "asker",
        "requested_by_id is null or ((first_by_id is null or first_by_id <> requested_by_id)"
        " and (second_by_id is null or second_by_id <> requested_by_id))",
    ),
    ("first_answer", "(first_by_id is null) = (first_at is null)"),
    ("second_answer", "(second_by_id is null) = (second_at is null)"),
    ("waiting", "state not in ('asked', 'approved_once') or answer_by is not null"),
    ("ended", "(state in ('notified', 'refused', 'withdrawn')) = (ended_at is not null)"),
)
PEOPLE = ("requested_by_id", "approver_id", "deputy_id", "first_by_id", "second_by_id")
TEXT = sa.table(
    "family_text",
    *(sa.column(name, sa.String) for name in ("code", "language", "title", "text")),
    sa.column("starts_on", sa.Date),
)
FROM = date(2020, 8, 1)
FOLDER = Path(__file__).resolve().parent.parent / "data" / "family_texts_2026"
RIGHTS = "police_rights"


def upgrade() -> None:
    _review()
    _approver()
    _sergeant()
    _grow_notification()
    op.bulk_insert(TEXT, [_sheet(language) for language in ("en", "es")])


def _enum(values: tuple[str, ...], table: str, column: str) -> sa.Enum:
    name = op.f(f"ck_{table}_{column}")
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _big(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, BIG, nullable=nullable)


def _moment(name: str, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _words(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _review() -> None:
    name = "police_review"
    op.create_table(
        name,
        _big("id", False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _big("school_id", False),
        _big("incident_id", False),
        sa.Column("door", _enum(DOORS, name, "door"), nullable=False),
        sa.Column("state", _enum(STATES, name, "state"), nullable=False),
        sa.Column("permits", sa.Boolean(), nullable=False),
        sa.Column("before_reviews", sa.Boolean(), nullable=False),
        *(_big(person) for person in PEOPLE),
        _moment("requested_at", False),
        _big("duty_id"),
        _moment("called_at"),
        _moment("record_due_at"),
        sa.Column("not_removal", sa.Boolean(), nullable=False),
        *_words("danger", "tried", "alternatives", "guardian_attempts", "supports", "why"),
        sa.Column("hours", BIG, nullable=True),
        _moment("answer_by"),
        _moment("first_at"),
        _moment("second_at"),
        sa.Column("first_approves", sa.Boolean(), nullable=True),
        sa.Column("second_approves", sa.Boolean(), nullable=True),
        sa.Column("first_manner", sa.String(20), nullable=False),
        sa.Column("second_manner", sa.String(20), nullable=False),
        *_words("first_reason", "second_reason", "end_reason"),
        _moment("ended_at"),
        _moment("clock_reminded_at"),
        _moment("clock_late_at"),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_{name}_{check}")) for check, condition in CHECKS),
        _key(name, "school_id", "school"),
        _key(name, "incident_id", "incident"),
        _key(name, "duty_id", "legal_duty"),
        *(_key(name, person, "user_account") for person in PEOPLE),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("id", "door", "permits", name=op.f(f"uq_{name}_id_door_permits")),
    )
    op.create_index("ix_police_review_incident", name, ["incident_id"])
    op.create_index("ix_police_review_school", name, ["school_id", "state", "id"])
    for index, column, condition in (
        ("ix_police_review_waiting", "answer_by", "state in ('asked', 'approved_once')"),
        ("ix_police_review_clock", "record_due_at", "state = 'called' and clock_late_at is null"),
    ):
        op.create_index(index, name, [column], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def _approver() -> None:
    name = "police_approver"
    op.create_table(
        name,
        _big("id", False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("network", sa.String(80), nullable=False),
        _big("approver_id", False),
        _big("deputy_id"),
        sa.Column("hours", BIG, nullable=False),
        sa.CheckConstraint("deputy_id is null or deputy_id <> approver_id", name=op.f(f"ck_{name}_deputy")),
        sa.CheckConstraint("hours between 1 and 72", name=op.f(f"ck_{name}_hours")),
        _key(name, "approver_id", "user_account"),
        _key(name, "deputy_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("network", name=op.f(f"uq_{name}_network")),
    )


def _sergeant() -> None:
    name = "school_sergeant"
    op.create_table(
        name,
        _big("id", False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _big("school_id", False),
        sa.Column("police_district", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(60), nullable=False),
        _moment("ended_at"),
        _key(name, "school_id", "school"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_school_sergeant_school", name, ["school_id", "ended_at"])


def _grow_notification() -> None:
    with op.batch_alter_table("police_notification") as batch:
        batch.add_column(_big("review_id"))
        batch.add_column(sa.Column("permitted", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch.add_column(_big("sergeant_id"))
        for column, length in (("guardian_result", 20), ("rights_sheet", 20), ("adult_with_student", 200)):
            batch.add_column(sa.Column(column, sa.String(length), server_default="", nullable=False))
    _review_what_was_recorded()
    with op.batch_alter_table("police_notification") as batch:
        batch.alter_column("review_id", existing_type=BIG, nullable=False)
        batch.drop_constraint("fk_police_notification_duty_id", type_="foreignkey")
        batch.drop_column("duty_id")
        batch.create_foreign_key(
            op.f("fk_police_notification_review_id"),
            "police_review",
            ["review_id", "door", "permitted"],
            ["id", "door", "permits"],
        )
        batch.create_foreign_key(op.f("fk_police_notification_sergeant_id"), "school_sergeant", ["sergeant_id"], ["id"])
        batch.create_unique_constraint(op.f("uq_police_notification_review_id"), ["review_id"])
        batch.create_check_constraint(op.f("ck_police_notification_permitted"), "permitted")


def _review_what_was_recorded() -> None:
    op.execute(
        "INSERT INTO police_review (id, version, school_id, incident_id, door, state, permits, before_reviews,"
        " requested_by_id, requested_at, duty_id, called_at, not_removal, danger, tried, alternatives,"
        " guardian_attempts, supports, why, first_manner, second_manner, first_reason, second_reason, end_reason,"
        " ended_at) SELECT id, 1, school_id, incident_id, door, 'notified', true, true, recorded_by_id,"
        " notified_at, duty_id, CASE WHEN door = 'emergency' THEN notified_at END, false, '', '', '', '', '', '',"
        " '', '', '', '', '', notified_at FROM police_notification"
    )
    op.execute("UPDATE police_notification SET review_id = id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('police_review', 'id'), max(id)) FROM police_review"
            " HAVING max(id) IS NOT NULL"
        )


def _sheet(language: str) -> dict[str, object]:
    title, text = (FOLDER / f"{RIGHTS}.{language}.txt").read_text(encoding="utf-8").split("\n", 1)
    return {"code": RIGHTS, "language": language, "starts_on": FROM, "title": title, "text": text.strip()}


def downgrade() -> None:
    op.execute(TEXT.delete().where(TEXT.c.code == RIGHTS))
    with op.batch_alter_table("police_notification") as batch:
        batch.add_column(_big("duty_id"))
    op.execute(
        "UPDATE police_notification SET duty_id ="
        " (SELECT duty_id FROM police_review WHERE police_review.id = police_notification.review_id)"
    )
    with op.batch_alter_table("police_notification") as batch:
        batch.drop_constraint(op.f("ck_police_notification_permitted"), type_="check")
        batch.drop_constraint("uq_police_notification_review_id", type_="unique")
        for column in ("review_id", "sergeant_id"):
            batch.drop_constraint(f"fk_police_notification_{column}", type_="foreignkey")
        batch.create_foreign_key(op.f("fk_police_notification_duty_id"), "legal_duty", ["duty_id"], ["id"])
        for column in (
            "review_id", "permitted", "sergeant_id", "guardian_result", "rights_sheet", "adult_with_student",
        ):  # fmt: skip
            batch.drop_column(column)
    for table in ("school_sergeant", "police_approver", "police_review"):
        op.drop_table(table)
