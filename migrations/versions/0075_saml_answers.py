"""What a SAML identity provider posted, until its person comes for it; and which assertions were used.

Revision ID: 0075
Revises: 0074
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "saml_answer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("assertion", sa.String(64), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("said", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saml_answer")),
        sa.UniqueConstraint("assertion", name=op.f("uq_saml_answer_assertion")),
    )
    op.create_index(op.f("ix_saml_answer_request"), "saml_answer", ["request"])


def downgrade() -> None:
    op.drop_table("saml_answer")
