"""The first routing rule set, and the promise that a published one never changes.

Revision ID: 0002
Revises: 0001

The triggers belong to the table: a later revision that rebuilds it on SQLite makes them again.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROWS = Path(__file__).parent.parent / "data" / "rule_set_2026_1.json"
RULE_SET = sa.table(
    "routing_rule_set",
    sa.column("id", sa.BigInteger()),
    sa.column("name", sa.String()),
    sa.column("number", sa.Integer()),
    sa.column("state", sa.String()),
    sa.column("table_rows", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
    sa.column("starts_on", sa.Date()),
    sa.column("published_at", sa.DateTime(timezone=True)),
    sa.column("version", sa.Integer()),
)
ANSWER = sa.table("routing_answer", sa.column("rule_set_id", sa.BigInteger()))
FIRST = sa.and_(RULE_SET.c.name == "2026-1", RULE_SET.c.number == 1)
REFUSAL = "a published rule set never changes"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.execute(sa.select(RULE_SET.c.id).where(FIRST)).first() is None:
        values = {
            "name": "2026-1",
            "number": 1,
            "state": "published",
            "table_rows": {"rows": json.loads(ROWS.read_text(encoding="utf-8"))},
            "starts_on": date(2016, 8, 1),
            "published_at": datetime(2026, 11, 24, tzinfo=UTC),
            "version": 1,
        }
        connection.execute(sa.insert(RULE_SET).values(**values))
    if connection.dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION routing_rule_set_unchanged() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER routing_rule_set_published BEFORE UPDATE OR DELETE ON routing_rule_set "
            "FOR EACH ROW WHEN (OLD.state = 'published') EXECUTE FUNCTION routing_rule_set_unchanged()"
        )
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER routing_rule_set_no_{act} BEFORE {act.upper()} ON routing_rule_set "
            f"WHEN OLD.state = 'published' BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute("DROP TRIGGER routing_rule_set_published ON routing_rule_set")
        op.execute("DROP FUNCTION routing_rule_set_unchanged()")
    else:
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER routing_rule_set_no_{act}")
    answered = sa.select(ANSWER.c.rule_set_id)
    connection.execute(sa.delete(RULE_SET).where(FIRST, RULE_SET.c.id.not_in(answered)))
