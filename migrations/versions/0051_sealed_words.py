"""What was said in the follow-up to a circle lies under seal, as the keeper's notes do.

Words that stand are sealed with the newest key at hand, and opened again on the way back. What no key opens then is
kept as an empty note.

Revision ID: 0051
Revises: 0050
"""

import hashlib

import sqlalchemy as sa
from alembic import op
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

KINDS = ("check_in_person_harmed", "agreement_check_in", "after_walk_out")
COLUMNS = {"sealed_text": sa.LargeBinary(), "sealed_key": sa.LargeBinary(), "key_name": sa.String(16)}
ROW = sa.table("follow_up", *map(sa.column, ("id", "kind", "state", "outcome_note", *COLUMNS)))


def _keys() -> list[bytes]:
    return list(current_app.config["WSS_KEYS"].fernet("check-in-words"))


def upgrade() -> None:
    with op.batch_alter_table("follow_up") as batch:
        for name, kind in COLUMNS.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # ANALYZE copies sample values into pg_statistic
        for name in ("sealed_text", "sealed_key"):
            op.execute(f"ALTER TABLE follow_up ALTER COLUMN {name} SET STATISTICS 0")
    said = sa.select(ROW.c.id, ROW.c.outcome_note).where(
        ROW.c.kind.in_(KINDS), ROW.c.state == "done", ROW.c.outcome_note != ""
    )
    rows = connection.execute(said).all()
    newest = _keys()[0] if rows else b""
    name = hashlib.sha256(b"name:" + newest).hexdigest()[:16]
    for row in rows:
        own = Fernet.generate_key()
        text, key = Fernet(own).encrypt(row.outcome_note.encode()), Fernet(newest).encrypt(own)
        values = {"outcome_note": "", "sealed_text": text, "sealed_key": key, "key_name": name}
        connection.execute(sa.update(ROW).where(ROW.c.id == row.id).values(**values))


def downgrade() -> None:
    connection = op.get_bind()
    sealed = sa.select(ROW.c.id, ROW.c.sealed_text, ROW.c.sealed_key).where(ROW.c.sealed_text.is_not(None))
    rows = connection.execute(sealed).all()
    outer = MultiFernet([Fernet(key) for key in _keys()]) if rows else None
    for row in rows:
        try:
            text = Fernet(outer.decrypt(bytes(row.sealed_key))).decrypt(bytes(row.sealed_text)).decode()
        except InvalidToken:
            continue
        connection.execute(sa.update(ROW).where(ROW.c.id == row.id).values(outcome_note=text))
    with op.batch_alter_table("follow_up") as batch:
        for name in reversed(COLUMNS):
            batch.drop_column(name)
