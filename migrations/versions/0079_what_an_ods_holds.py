"""What was sent to an Ed-Fi ODS/API and stands there.

Revision ID: 0079
Revises: 0078
"""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "edfi_pushed",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("school_year", sa.String(7), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("resource", sa.String(60), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("identifier", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("remote", sa.String(80), nullable=False),
        sa.Column("incident_id", BIG, nullable=True),
        sa.Column("action_id", BIG, nullable=True),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(incident_id is null) <> (action_id is null)", name=op.f("ck_edfi_pushed_one")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_edfi_pushed_school_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_edfi_pushed_incident_id")),
        sa.ForeignKeyConstraint(["action_id"], ["discipline_action.id"], name=op.f("fk_edfi_pushed_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edfi_pushed")),
        sa.UniqueConstraint("key", name=op.f("uq_edfi_pushed_key")),
    )
    for column in ("school_id", "incident_id", "action_id"):
        op.create_index(f"ix_edfi_pushed_{column}", "edfi_pushed", [column])


def downgrade() -> None:
    op.drop_table("edfi_pushed")
