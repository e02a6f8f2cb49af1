"""Contacts of a school: from when a School Sergeant is one, Safe Passage routes, the filed team, roles of partners.

Revision ID: 0106
Revises: 0105
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def upgrade() -> None:
    with op.batch_alter_table("school_sergeant") as batch:
        batch.add_column(sa.Column("starts_on", sa.Date()))
    with op.batch_alter_table("partner") as batch:
        batch.add_column(sa.Column("roles", JSON, nullable=False, server_default="[]"))
    op.create_table(
        "threat_team",
        sa.Column("id", BIG, nullable=False),
        _to("threat_team", "school_id", "school"),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("roles", JSON, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        _to("threat_team", "recorded_by_id", "user_account", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threat_team")),
    )
    op.create_index("ix_threat_team_school", "threat_team", ["school_id", "filed_on"])
    op.create_table(
        "safe_passage_route",
        sa.Column("id", BIG, nullable=False),
        _to("safe_passage_route", "school_id", "school"),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("hours", sa.String(120), nullable=False),
        sa.Column("vendor", sa.String(200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safe_passage_route")),
    )
    op.create_index("ix_safe_passage_route_school", "safe_passage_route", ["school_id", "ended_at"])


def downgrade() -> None:
    op.drop_table("safe_passage_route")
    op.drop_table("threat_team")
    with op.batch_alter_table("partner") as batch:
        batch.drop_column("roles")
    with op.batch_alter_table("school_sergeant") as batch:
        batch.drop_column("starts_on")
