"""What a network's deputy decides as the second person of a school that has only one.

Revision ID: 0059
Revises: 0058
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, sa.ForeignKey(f"{table}.id", name=f"fk_deputy_look_{name}"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "deputy_look",
        sa.Column("id", NUMBER, primary_key=True, nullable=False),
        _of("incident_id", "incident"),
        _of("school_id", "school"),
        sa.Column("object_type", sa.String(40), nullable=False),
        sa.Column("object_id", NUMBER, nullable=False),
        _of("asked_by_id", "user_account", nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _of("deputy_id", "user_account"),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("agrees", sa.Boolean()),
        sa.CheckConstraint(
            "asked_by_id is null or asked_by_id <> deputy_id", name=op.f("ck_deputy_look_another_person")
        ),
        sa.CheckConstraint("(taken_at is null) = (agrees is null)", name=op.f("ck_deputy_look_taken")),
    )
    op.create_index("ix_deputy_look_incident", "deputy_look", ["incident_id"])
    op.create_index("ix_deputy_look_deputy", "deputy_look", ["deputy_id"])
    waits = sa.text("taken_at is null")
    op.create_index(
        "uq_deputy_look_open", "deputy_look", ["object_type", "object_id"], unique=True,
        sqlite_where=waits, postgresql_where=waits,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("deputy_look")
