"""Who agrees that their name stands on the others' copies of an agreement, asked before anybody signs.

Where two signed before, each stands on the other's copy as until now.

Revision ID: 0047
Revises: 0046
"""

from collections import defaultdict

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

LIST = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
AGREEMENT = sa.table("agreement", sa.column("id", sa.BigInteger), sa.column("named", LIST))
SIGNATURE = sa.table("agreement_signature", sa.column("agreement_id"), sa.column("participant_id"))


def upgrade() -> None:
    with op.batch_alter_table("agreement") as batch:
        batch.add_column(sa.Column("named", LIST, server_default="[]", nullable=False))
    connection, signed = op.get_bind(), defaultdict(list)
    parties = sa.select(SIGNATURE).where(SIGNATURE.c.participant_id.is_not(None)).order_by(SIGNATURE.c.participant_id)
    for agreement_id, participant_id in connection.execute(parties):
        signed[agreement_id].append(participant_id)
    for agreement_id, named in signed.items():
        connection.execute(sa.update(AGREEMENT).where(AGREEMENT.c.id == agreement_id).values(named=named))


def downgrade() -> None:
    with op.batch_alter_table("agreement") as batch:
        batch.drop_column("named")
