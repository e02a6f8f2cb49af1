"""The practice log, a school's link for requests for a circle, and the requests.

Revision ID: 0078
Revises: 0077
"""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = ("community", "check_in", "chat", "peace_room", "staff", "family")
PURPOSES = ("start", "belonging", "learning", "celebrate", "after")
LEADERS = ("staff", "outside", "students")
WISHES = ("group", "after", "talk", "listen", "family", "staff", "unsure")
ASKERS = ("student", "family", "staff")
BECAME = ("circle", "talk", "answer", "nothing")


def _one_of(column: str, table: str, values: tuple[str, ...], *, nullable: bool = False) -> sa.Column[str]:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{column}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=nullable)


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def upgrade() -> None:
    _practice_entry()
    _circle_request_link()
    _circle_request()


def _practice_entry() -> None:
    name = "practice_entry"
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        _to(name, "school_id", "school"),
        sa.Column("held_on", sa.Date(), nullable=False),
        _one_of("kind", name, KINDS),
        _one_of("purpose", name, PURPOSES, nullable=True),
        sa.Column("grade", BIG),
        sa.Column("place", sa.String(60), nullable=False),
        _one_of("leader", name, LEADERS),
        _to(name, "led_by_id", "user_account", nullable=True),
        sa.Column("students", BIG, nullable=False),
        sa.Column("adults", BIG, nullable=False),
        sa.Column("minutes", BIG, nullable=False),
        _to(name, "logged_by_id", "user_account"),
        sa.Column("logged_at", MOMENT, nullable=False),
        sa.Column("taken_back_at", MOMENT),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "students >= 0 and adults >= 0 and students + adults > 0", name=op.f("ck_practice_entry_somebody_came")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_practice_entry_minutes")),
        sa.CheckConstraint("(leader = 'staff') = (led_by_id is not null)", name=op.f("ck_practice_entry_led_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_entry")),
    )
    op.create_index("ix_practice_entry_school", name, ["school_id", "held_on"])
    op.create_index("ix_practice_entry_logged_by", name, ["logged_by_id", "school_id"])


def _circle_request_link() -> None:
    name = "circle_request_link"
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        _to(name, "school_id", "school"),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        _to(name, "made_by_id", "user_account"),
        sa.Column("ended_at", MOMENT),
        sa.Column("hour_began", MOMENT),
        sa.Column("asked", BIG, server_default="0", nullable=False),
        sa.Column("dangers", BIG, server_default="0", nullable=False),
        sa.CheckConstraint("asked >= 0 and dangers >= 0", name=op.f("ck_circle_request_link_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_request_link")),
        sa.UniqueConstraint("code", name=op.f("uq_circle_request_link_code")),
    )
    works = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_circle_request_link_school", name, ["school_id"], unique=True, sqlite_where=works, postgresql_where=works
    )


def _circle_request() -> None:
    name = "circle_request"
    op.create_table(
        name,
        sa.Column("id", BIG, nullable=False),
        _to(name, "school_id", "school"),
        _to(name, "link_id", "circle_request_link"),
        sa.Column("form_key", sa.String(64), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        _one_of("wish", name, WISHES),
        _one_of("asker", name, ASKERS, nullable=True),
        sa.Column("grade", BIG),
        sa.Column("location_code", sa.String(60), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("in_danger", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("contact", sa.String(120), nullable=False),
        _one_of("became", name, BECAME, nullable=True),
        sa.Column("answered_at", MOMENT),
        _to(name, "answered_by_id", "user_account", nullable=True),
        _to(name, "practice_id", "practice_entry", nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(became is null) = (answered_at is null)", name=op.f("ck_circle_request_answered")),
        sa.CheckConstraint(
            "answered_at is null or (words = '' and contact = '')", name=op.f("ck_circle_request_erased")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circle_request")),
        sa.UniqueConstraint("form_key", name=op.f("uq_circle_request_form_key")),
    )
    op.create_index("ix_circle_request_school", name, ["school_id", "answered_at"])


def downgrade() -> None:
    op.drop_table("circle_request")
    op.drop_table("circle_request_link")
    op.drop_table("practice_entry")
