"""Who reviews a report that waits, and which two reports tell of two events though they look alike.

Revision ID: 0089
Revises: 0088
"""

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "incident_assignment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("assignee_id", BIG, nullable=True),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_incident_assignment_incident_id")),
        sa.ForeignKeyConstraint(["assignee_id"], ["user_account.id"], name=op.f("fk_incident_assignment_assignee_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_incident_assignment_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_assignment")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_incident_assignment_incident_id")),
    )
    op.create_index(op.f("ix_incident_assignment_assignee_id"), "incident_assignment", ["assignee_id"])
    op.create_table(
        "incident_told_apart",
        sa.Column("id", BIG, nullable=False),
        sa.Column("lower_id", BIG, nullable=False),
        sa.Column("higher_id", BIG, nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("lower_id < higher_id", name=op.f("ck_incident_told_apart_order")),
        sa.ForeignKeyConstraint(["lower_id"], ["incident.id"], name=op.f("fk_incident_told_apart_lower_id")),
        sa.ForeignKeyConstraint(["higher_id"], ["incident.id"], name=op.f("fk_incident_told_apart_higher_id")),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_incident_told_apart_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_told_apart")),
        sa.UniqueConstraint("lower_id", "higher_id", name=op.f("uq_incident_told_apart_lower_id_higher_id")),
    )
    op.create_index(op.f("ix_incident_told_apart_higher_id"), "incident_told_apart", ["higher_id"])


def downgrade() -> None:
    op.drop_table("incident_told_apart")
    op.drop_table("incident_assignment")
