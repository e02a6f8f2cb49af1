"""That somebody was named in error in a report: who said so, and who agreed.

Revision ID: 0049
Revises: 0048
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "taking_out",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        sa.Column(
            "incident_id", NUMBER, sa.ForeignKey("incident.id", name="fk_taking_out_incident_id"), nullable=False
        ),
        sa.Column("school_id", NUMBER, sa.ForeignKey("school.id", name="fk_taking_out_school_id"), nullable=False),
        sa.Column(
            "incident_person_id",
            NUMBER,
            sa.ForeignKey("incident_person.id", name="fk_taking_out_incident_person_id"),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("asked", "done", "refused", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", NUMBER, sa.ForeignKey("user_account.id", name="fk_taking_out_asked_by_id")),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", NUMBER, sa.ForeignKey("user_account.id", name="fk_taking_out_decided_by_id")),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_taking_out_reason")),
        sa.CheckConstraint("(state = 'asked') = (decided_at is null)", name=op.f("ck_taking_out_decided")),
        sa.CheckConstraint(
            "state <> 'done' or not needs_second or asked_by_id is null or decided_by_id <> asked_by_id",
            name=op.f("ck_taking_out_second_person"),
        ),
    )
    op.create_index("ix_taking_out_incident", "taking_out", ["incident_id"])
    asked = sa.text("state = 'asked'")
    op.create_index(
        "uq_taking_out_asked", "taking_out", ["incident_person_id"], unique=True,
        sqlite_where=asked, postgresql_where=asked,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("taking_out")
