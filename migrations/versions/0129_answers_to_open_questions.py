"""Answers of reviewers to open questions, and which reports come first.

Revision ID: 0129
Revises: 0128
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0129"
down_revision = "0128"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
ALARMS = "alarm IN ('danger', 'weapon', 'sexual')"
ARMED = ("firearm", "maybe_firearm", "other")
NOT_ARMED = ("none", "lookalike")
REPORTS = sa.table(
    "incident",
    sa.column("id", BIG),
    sa.column("state", sa.String),
    sa.column("tile", sa.String),
    sa.column("danger_now", sa.Boolean),
    sa.column("facts", JSON),
    sa.column("alarm", sa.String),
)


def upgrade() -> None:
    # both databases take the check with the column, and SQLite need not write a million reports anew
    op.execute(f"ALTER TABLE incident ADD COLUMN alarm VARCHAR(40) CONSTRAINT ck_incident_alarm CHECK ({ALARMS})")
    _mark_undecided()
    op.create_table(
        "fact_answer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("fact", sa.String(40), nullable=False),
        sa.Column("answer", sa.String(40), nullable=False),
        sa.Column("value", sa.String(40), nullable=False),
        sa.Column("because", sa.String(40), nullable=True),
        sa.Column("whom", sa.String(200), nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seconds", BIG, nullable=True),
        sa.Column("reopened_at", MOMENT, nullable=True),
        sa.CheckConstraint("answer in ('yes', 'no', 'maybe', 'asked', 'sent_on')", name=op.f("ck_fact_answer_answer")),
        sa.CheckConstraint("because in ('saw', 'searched', 'said', 'read')", name=op.f("ck_fact_answer_because")),
        sa.CheckConstraint("seconds is null or seconds >= 0", name=op.f("ck_fact_answer_seconds")),
        sa.CheckConstraint("answer <> 'asked' or whom <> ''", name=op.f("ck_fact_answer_whom")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_fact_answer_incident_id_incident")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_fact_answer_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_answer")),
    )
    op.create_index("ix_fact_answer_incident", "fact_answer", ["incident_id", "id"])
    op.create_index(op.f("ix_fact_answer_by_id"), "fact_answer", ["by_id"])


def _mark_undecided() -> None:
    """Mark what still waits: nothing else stands in a queue."""
    connection = op.get_bind()
    waits = REPORTS.c.state.in_(("submitted", "under_review", "returned"))
    for row in connection.execute(sa.select(REPORTS).where(waits)).all():
        facts = row.facts if isinstance(row.facts, dict) else {}
        if (alarm := _alarm(row.tile, row.danger_now, facts)) is not None:
            connection.execute(sa.update(REPORTS).where(REPORTS.c.id == row.id).values(alarm=alarm))


def _alarm(tile: str, danger_now: bool, facts: dict[str, object]) -> str | None:
    if danger_now or facts.get("imminent_danger") is True:
        return "danger"
    weapon = facts.get("weapon")
    armed = weapon in ARMED or (tile == "weapon" and weapon not in NOT_ARMED)
    if armed or facts.get("gun_violence_threat") is True or facts.get("fire_or_bomb") is True:
        return "weapon"
    return "sexual" if facts.get("sexual") == "contact" else None


def downgrade() -> None:
    op.drop_table("fact_answer")
    op.drop_column("incident", "alarm")
