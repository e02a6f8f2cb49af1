"""A new version of the published rule set: the family of the student who was harmed is told the same day (F9).

No family is called before the child-protection hotline has advised on what an adult did (F1), and a hold after
bullying says how long the safety plan must have held (H2). Rows that a district has changed stay as they are.

What was routed before keeps its version and its answer: a published version never changes. The new one begins on the
day of the version that it follows and was published after it, so it answers from now on.

Revision ID: 0034
Revises: 0033
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

CHANGES = Path(__file__).parent.parent / "data" / "rule_set_2026_1_second.json"
WRITTEN_ON = date(2026, 11, 27)
PUBLISHED_AT = datetime(2026, 11, 27, tzinfo=UTC)
RULE_SET = sa.table(
    "routing_rule_set",
    sa.column("id", sa.BigInteger()),
    sa.column("name", sa.String()),
    sa.column("number", sa.Integer()),
    sa.column("state", sa.String()),
    sa.column("table_rows", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
    sa.column("starts_on", sa.Date()),
    sa.column("ends_on", sa.Date()),
    sa.column("published_at", sa.DateTime(timezone=True)),
    sa.column("version", sa.Integer()),
)
ANSWER = sa.table("routing_answer", sa.column("rule_set_id", sa.BigInteger()))
REPLAY = sa.table("rule_replay", sa.column("rule_set_id", sa.BigInteger()))
TEMPLATE = sa.table(
    "follow_up_template",
    sa.column("kind", sa.String),
    sa.column("event", sa.String),
    sa.column("due_in_school_days", sa.Integer),
    sa.column("title_en", sa.String),
    sa.column("title_es", sa.String),
    sa.column("closes_with_en", sa.String),
    sa.column("closes_with_es", sa.String),
    sa.column("owner_role", sa.String),
    sa.column("single_mail", sa.Boolean),
    sa.column("starts_on", sa.Date),
)
KIND = "guardian_contact_harmed"
REFUSAL = "a published rule set never changes"


def upgrade() -> None:
    connection = op.get_bind()
    changes = json.loads(CHANGES.read_text(encoding="utf-8"))
    for source in _to_follow(connection):
        rows = _changed(source.table_rows["rows"], changes)
        if rows == source.table_rows["rows"]:
            continue
        numbers = sa.select(sa.func.max(RULE_SET.c.number)).where(RULE_SET.c.name == source.name)
        values = {
            "name": source.name,
            "number": connection.execute(numbers).scalar_one() + 1,
            "state": "published",
            "table_rows": {"rows": rows},
            "starts_on": source.starts_on,
            "ends_on": source.ends_on,
            "published_at": PUBLISHED_AT,
            "version": 1,
        }
        connection.execute(sa.insert(RULE_SET).values(**values))
    op.bulk_insert(
        TEMPLATE,
        [
            {
                "kind": KIND,
                "event": "routed",
                "due_in_school_days": 0,
                "title_en": "Contact the family of the student who was harmed",
                "title_es": "Contactar a la familia del estudiante que sufrió el daño",
                "closes_with_en": "Who was reached, when and how; a voicemail is an attempt, not contact.",
                "closes_with_es": "A quién se localizó, cuándo y cómo; un mensaje de voz es un intento, no un contacto.",
                "owner_role": "dean",
                "single_mail": True,
                "starts_on": date(2020, 8, 1),
            }
        ],
    )


def _to_follow(connection: sa.Connection) -> list[Any]:
    """The published version in force on the day this was written, and those that begin later, each the newest."""
    statement = sa.select(RULE_SET).where(RULE_SET.c.state == "published").order_by(RULE_SET.c.starts_on, RULE_SET.c.id)
    newest = {row.starts_on: row for row in connection.execute(statement)}
    begun = [day for day in newest if day <= WRITTEN_ON]
    return [row for day, row in newest.items() if day > WRITTEN_ON or day == max(begun, default=None)]


def _changed(rows: list[Any], changes: list[Any]) -> list[Any]:
    changed = list(rows)
    for change in changes:
        ids = [row["id"] for row in changed]
        if change["was"] in changed:
            changed[changed.index(change["was"])] = change["is"]
        elif change["was"] is None and change["is"]["id"] not in ids:
            place = ids.index(change["after"]) + 1 if change["after"] in ids else len(changed)
            changed.insert(place, change["is"])
    return changed


def downgrade() -> None:
    connection = op.get_bind()
    made = f"SELECT id FROM follow_up_template WHERE kind = '{KIND}'"
    op.execute(f"UPDATE follow_up SET template_id = NULL WHERE template_id IN ({made})")
    op.execute(f"DELETE FROM follow_up_template WHERE kind = '{KIND}'")
    ours = sa.and_(RULE_SET.c.state == "published", RULE_SET.c.published_at == PUBLISHED_AT)
    used = sa.union(sa.select(ANSWER.c.rule_set_id), sa.select(REPLAY.c.rule_set_id))
    _allow_changes(connection)
    connection.execute(sa.delete(RULE_SET).where(ours, RULE_SET.c.id.not_in(used)))
    # older code cannot read it; what it answered stays beside it
    connection.execute(sa.update(RULE_SET).where(ours).values(state="draft", starts_on=None, published_at=None))
    _refuse_changes(connection)


def _allow_changes(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE routing_rule_set DISABLE TRIGGER routing_rule_set_published")
        return
    for act in ("update", "delete"):
        op.execute(f"DROP TRIGGER routing_rule_set_no_{act}")


def _refuse_changes(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE routing_rule_set ENABLE TRIGGER routing_rule_set_published")
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER routing_rule_set_no_{act} BEFORE {act.upper()} ON routing_rule_set "
            f"WHEN OLD.state = 'published' BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
