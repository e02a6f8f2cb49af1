"""What was taken in from Ed-Fi files.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "edfi_record",
        sa.Column("id", BIG, nullable=False),
        sa.Column("school_id", BIG, nullable=False),
        sa.Column("identity", sa.String(80), nullable=False),
        sa.Column("identifier", sa.String(36), nullable=False),
        sa.Column("incident_id", BIG, nullable=True),
        sa.Column("action_id", BIG, nullable=True),
        sa.Column("codes", JSON, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(incident_id is null) <> (action_id is null)", name=op.f("ck_edfi_record_one")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_edfi_record_school_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_edfi_record_incident_id")),
        sa.ForeignKeyConstraint(["action_id"], ["discipline_action.id"], name=op.f("fk_edfi_record_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edfi_record")),
        sa.UniqueConstraint("school_id", "identity", name=op.f("uq_edfi_record_school_id_identity")),
    )
    op.create_index("ix_edfi_record_incident_id", "edfi_record", ["incident_id"])
    op.create_index("ix_edfi_record_action_id", "edfi_record", ["action_id"])


def downgrade() -> None:
    op.drop_table("edfi_record")
