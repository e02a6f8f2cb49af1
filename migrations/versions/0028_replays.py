"""Replays of draft rule sets over past periods.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
STATES = ("running", "done", "cancelled", "overtaken")


def upgrade() -> None:
    op.create_table(
        "rule_replay",
        sa.Column("id", BIG, nullable=False),
        sa.Column("rule_set_id", BIG, nullable=False),
        sa.Column("rows_digest", sa.String(64), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("asked_by_id", BIG, nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("last_incident_id", BIG, nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_rule_replay_dates")),
        sa.CheckConstraint("(state = 'running') = (ended_at is null)", name=op.f("ck_rule_replay_ended")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["routing_rule_set.id"], name=op.f("fk_rule_replay_rule_set_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user_account.id"], name=op.f("fk_rule_replay_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_replay")),
    )
    op.create_index("ix_rule_replay_rule_set", "rule_replay", ["rule_set_id", "id"])
    op.create_table(
        "rule_replay_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("replay_id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("broken", JSON, nullable=False),
        sa.Column("is_read", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["replay_id"], ["rule_replay.id"], name=op.f("fk_rule_replay_change_replay_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_rule_replay_change_incident_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_rule_replay_change_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_replay_change")),
        sa.UniqueConstraint("replay_id", "incident_id", name=op.f("uq_rule_replay_change_replay_id_incident_id")),
    )
    op.create_index("ix_rule_replay_change_incident", "rule_replay_change", ["incident_id"])
    op.create_index("ix_rule_replay_change_replay", "rule_replay_change", ["replay_id", "id"])


def downgrade() -> None:
    op.drop_table("rule_replay_change")
    op.drop_table("rule_replay")
