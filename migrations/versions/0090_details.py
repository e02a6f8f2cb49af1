"""What is asked about each kind of report, how its reporter knows, and minor consequences apart from removals.

Revision ID: 0090
Revises: 0089
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
STARTS_ON = date(2020, 1, 1)
HEARD_FROM = "heard_from in ('saw','student','parent','camera','adult')"
QUESTIONS = {
    "fight": ("person_injury", "weapon", "immediate_action"),
    "pushing": ("person_injury", "repeated_between_same_people", "immediate_action"),
    "threat": ("weapon", "gun_violence_threat", "imminent_danger", "immediate_action"),
    "bullying": ("bias_basis", "repeated_between_same_people", "self_harm", "immediate_action"),
    "hurtful_words": ("sexual", "bias_basis", "repeated_between_same_people"),
    "disruption": ("behavior", "motivation", "immediate_action"),
    "left_class": ("behavior", "motivation", "immediate_action"),
    "property": ("behavior", "property_damage", "immediate_action"),
    "weapon": ("person_injury", "weapon", "gun_violence_threat", "imminent_danger", "verified"),
    "substance": ("substance", "distribution", "verified", "immediate_action"),
    "other": ("behavior", "person_injury", "sexual", "bias_basis", "immediate_action"),
    "adults": ("person_injury", "sexual", "bias_basis", "staff_written_complaint", "immediate_action"),
}
TABLE = sa.table(
    "detail_questions",
    sa.column("code", sa.String),
    sa.column("questions", JSON),
    sa.column("starts_on", sa.Date),
    sa.column("ends_on", sa.Date),
)


def upgrade() -> None:
    # both databases take the check with the column, and SQLite need not write a million reports anew
    op.execute(
        f"ALTER TABLE incident ADD COLUMN heard_from VARCHAR(20) CONSTRAINT ck_incident_heard_from CHECK ({HEARD_FROM})"
    )
    op.create_table(
        "detail_questions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("questions", JSON, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_detail_questions_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detail_questions")),
        sa.UniqueConstraint("code", "starts_on", name=op.f("uq_detail_questions_code_starts_on")),
    )
    op.bulk_insert(
        TABLE,
        [
            {"code": code, "questions": list(names), "starts_on": STARTS_ON, "ends_on": None}
            for code, names in QUESTIONS.items()
        ],
    )
    op.create_table(
        "minor_consequence",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("incident_person_id", BIG, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "call_home",
                "lost_privilege",
                "detention",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("given_by_id", BIG, nullable=True),
        sa.Column("taken_back_at", MOMENT, nullable=True),
        sa.Column("taken_back_by_id", BIG, nullable=True),
        sa.CheckConstraint(
            "(taken_back_at is null) = (taken_back_by_id is null)", name=op.f("ck_minor_consequence_taken_back")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_minor_consequence_school_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_minor_consequence_incident_id")),
        sa.ForeignKeyConstraint(
            ["incident_person_id"], ["incident_person.id"], name=op.f("fk_minor_consequence_incident_person_id")
        ),
        sa.ForeignKeyConstraint(["given_by_id"], ["user_account.id"], name=op.f("fk_minor_consequence_given_by_id")),
        sa.ForeignKeyConstraint(
            ["taken_back_by_id"], ["user_account.id"], name=op.f("fk_minor_consequence_taken_back_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minor_consequence")),
    )
    op.create_index("ix_minor_consequence_school_day", "minor_consequence", ["school_id", "given_on"])
    op.create_index(op.f("ix_minor_consequence_incident_id"), "minor_consequence", ["incident_id"])
    op.create_index(op.f("ix_minor_consequence_incident_person_id"), "minor_consequence", ["incident_person_id"])


def downgrade() -> None:
    op.drop_table("minor_consequence")
    op.drop_table("detail_questions")
    op.drop_column("incident", "heard_from")
