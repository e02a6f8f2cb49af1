"""Periods of a day with their teachers and codes for substitutes; why support was opened without an incident.

Revision ID: 0088
Revises: 0087
"""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
BECAUSE = (
    "student_asked", "family_asked", "attendance", "classwork", "belonging", "routine", "new_here", "other",
)  # fmt: skip
WHO = ("guardian", "student")
HOW = ("in_person", "phone", "video", "paper", "message")


def _one_of(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "school_period",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("ends_at", sa.Time(), nullable=False),
        _key("school_period", "school_id", "school"),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_school_period_times")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_period")),
        sa.UniqueConstraint("school_id", "name", name=op.f("uq_school_period_school_id_name")),
        sa.UniqueConstraint("school_id", "number", name=op.f("uq_school_period_school_id_number")),
    )
    op.create_table(
        "period_teacher",
        sa.Column("id", BIG, nullable=False),
        sa.Column("pathway_id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("period", sa.String(80), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        _key("period_teacher", "pathway_id", "pathway"),
        _key("period_teacher", "case_id", "case_record"),
        _key("period_teacher", "school_id", "school"),
        _key("period_teacher", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_teacher")),
        sa.UniqueConstraint("pathway_id", "period", name=op.f("uq_period_teacher_pathway_id_period")),
    )
    op.create_index("ix_period_teacher_user", "period_teacher", ["user_id", "school_id"])
    op.create_table(
        "period_code",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("teacher_id", BIG, nullable=False),
        sa.Column("period", sa.String(80), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by_id", BIG, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("hour_began", MOMENT, nullable=True),
        sa.Column("marked", BIG, server_default="0", nullable=False),
        _key("period_code", "school_id", "school"),
        _key("period_code", "teacher_id", "user_account"),
        _key("period_code", "made_by_id", "user_account"),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_period_code_times")),
        sa.CheckConstraint("marked >= 0", name=op.f("ck_period_code_marked")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_period_code_digest")),
    )
    op.create_index("ix_period_code_school", "period_code", ["school_id", "on_day"])
    op.create_table(
        "period_guess",
        sa.Column("id", BIG, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_guess")),
    )
    op.create_index("ix_period_guess_address", "period_guess", ["address", "at"])
    op.create_index("ix_period_guess_at", "period_guess", ["at"])
    op.create_table(
        "support_start",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("because", _one_of("because", BECAUSE), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("agreed_who", _one_of("agreed_who", WHO), nullable=False),
        sa.Column("guardian_id", BIG, nullable=True),
        sa.Column("agreed_name", sa.String(200), nullable=False),
        sa.Column("agreed_how", _one_of("agreed_how", HOW), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("recorded_by_id", BIG, nullable=True),
        _key("support_start", "case_id", "case_record"),
        _key("support_start", "school_id", "school"),
        _key("support_start", "guardian_id", "guardian"),
        _key("support_start", "recorded_by_id", "user_account"),
        sa.CheckConstraint("agreed_who = 'guardian' or guardian_id is null", name=op.f("ck_support_start_agreed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_start")),
        sa.UniqueConstraint("case_id", name=op.f("uq_support_start_case_id")),
    )


def downgrade() -> None:
    for table in ("support_start", "period_guess", "period_code", "period_teacher", "school_period"):
        op.drop_table(table)
