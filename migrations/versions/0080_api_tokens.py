"""Tokens with which other systems of the district read the API.

Revision ID: 0080
Revises: 0079
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("secret_digest", sa.String(64), nullable=False),
        sa.Column("last_letters", sa.String(4), nullable=False),
        sa.Column("salt", sa.String(64), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("reach", _one_of("reach", "all", "network", "some"), nullable=False),
        sa.Column("network", sa.String(80), nullable=True),
        sa.Column("schools", JSON, nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("made_by_id", BIG, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("agreed_by_id", BIG, nullable=True),
        sa.Column("agreed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_why", _one_of("ended_why", "revoked", "refused", "maker_left"), nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("counted_from", MOMENT, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.CheckConstraint("(reach = 'network') = (network is not null)", name=op.f("ck_api_token_network")),
        sa.CheckConstraint("(agreed_at is null) = (agreed_by_id is null)", name=op.f("ck_api_token_agreed")),
        sa.CheckConstraint("agreed_by_id <> made_by_id", name=op.f("ck_api_token_two_persons")),
        sa.CheckConstraint("(ended_at is null) = (ended_why is null)", name=op.f("ck_api_token_ended")),
        sa.ForeignKeyConstraint(["made_by_id"], ["user_account.id"], name=op.f("fk_api_token_made_by_id")),
        sa.ForeignKeyConstraint(["agreed_by_id"], ["user_account.id"], name=op.f("fk_api_token_agreed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_api_token_secret_digest")),
    )


def downgrade() -> None:
    op.drop_table("api_token")
