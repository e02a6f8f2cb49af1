"""A slip keeps no code once its sheet was shown, replaced slips are counted, and stopped addresses are kept under a key.

A digest of an address that stands is worked over with the newest key, so that no one who stopped invitations gets one.
The way back leaves it so: no key turns it into the plain one again.

Revision ID: 0111
Revises: 0110
"""

import hashlib
import hmac

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LINKS, TALLIES = "survey_link", "survey_tally"
USED, BOUNDED = "ck_survey_link_used", "ck_survey_tally_bounded"
COUNTED = "taken >= 0 and (most is null or taken <= most)"
STOP = sa.table("survey_mail_stop", sa.column("digest", sa.String))
PLAIN, KEPT = 64, 32


def upgrade() -> None:
    with op.batch_alter_table(LINKS) as batch:
        batch.drop_constraint(op.f(USED), type_="check")
        batch.create_check_constraint(op.f(USED), "not used or nonce is null")
    with op.batch_alter_table(TALLIES) as batch:
        batch.add_column(sa.Column("replaced", BIG, server_default="0", nullable=False))
        batch.drop_constraint(op.f(BOUNDED), type_="check")
        batch.create_check_constraint(op.f(BOUNDED), "taken >= 0 and replaced >= 0 and (most is null or taken <= most)")
    connection = op.get_bind()
    plain = connection.scalars(sa.select(STOP.c.digest).where(sa.func.length(STOP.c.digest) == PLAIN)).all()
    key = current_app.config["WSS_KEYS"].derived("survey_mail_stop")[0] if plain else b""
    for digest in plain:
        kept = hmac.digest(key, digest.encode(), hashlib.sha256).hex()[:KEPT]
        connection.execute(sa.update(STOP).where(STOP.c.digest == digest).values(digest=kept))


def downgrade() -> None:
    with op.batch_alter_table(TALLIES) as batch:
        batch.drop_constraint(op.f(BOUNDED), type_="check")
        batch.drop_column("replaced")
        batch.create_check_constraint(op.f(BOUNDED), COUNTED)
    # a slip whose code is forgotten opens nothing that could be shown again: before, it counted as used
    op.execute("update survey_link set used = true, hour_began = null, sent = 0 where nonce is null")
    with op.batch_alter_table(LINKS) as batch:
        batch.drop_constraint(op.f(USED), type_="check")
        batch.create_check_constraint(op.f(USED), "(nonce is null) = used")
