"""What went to somebody outside says itself whether it tells of a need for housing support.

Of what is there, the referrals say it; where one is gone, the words that were once kept for it.

Revision ID: 0064
Revises: 0063
"""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

CODE = "housing_basic_needs"
WORDS = (CODE, "Housing and basic needs", "Vivienda y necesidades básicas")
DISCLOSURE = sa.table("disclosure", *map(sa.column, ("object_type", "object_id", "interest", "of_housing")))
REFERRAL = sa.table("referral", sa.column("id"), sa.column("service"))


def upgrade() -> None:
    with op.batch_alter_table("disclosure") as batch:
        batch.add_column(sa.Column("of_housing", sa.Boolean(), server_default="0", nullable=False))
    of_housing = sa.select(REFERRAL.c.id).where(REFERRAL.c.service == CODE)
    told = DISCLOSURE.c.object_id.in_(of_housing) | DISCLOSURE.c.interest.in_(WORDS)
    op.execute(sa.update(DISCLOSURE).where(DISCLOSURE.c.object_type == "referral", told).values(of_housing=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table("disclosure") as batch:
        batch.drop_column("of_housing")
