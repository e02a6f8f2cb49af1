"""A new version of the published rule set: facts may be unknown, what an adult did, and reasons that say what is known.

It holds the signs (which facts a report makes unknown) beside the rows. New are H7, D11, F7b and F10; H6, D9 and P15 know an adult's conduct; other rows say their reason in new words.

What a district changed is not lost. Its own rows of pathways stay; for holds, duties and follow-ups ours apply. A draft
beside the new version holds the other form of each such row, for the district to decide.

What was routed before keeps its version and its answer. The new version begins on the day of the one that it follows and
was published after it, so it answers from now on.

Revision ID: 0128
Revises: 0127
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0128"
down_revision = "0127"
branch_labels = None
depends_on = None

CHANGES = Path(__file__).parent.parent / "data" / "rule_set_2026_1_third.json"
SIGNS = Path(__file__).parent.parent / "data" / "signs_2026_1.json"
WRITTEN_ON = date(2026, 12, 2)
PUBLISHED_AT = datetime(2026, 12, 2, tzinfo=UTC)
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
    sa.column("note", sa.String()),
    sa.column("version", sa.Integer()),
)
WITHDRAWN = sa.table("rule_set_withdrawal", sa.column("rule_set_id", sa.BigInteger()))
ANSWER = sa.table("routing_answer", sa.column("rule_set_id", sa.BigInteger()))
REPLAY = sa.table("rule_replay", sa.column("rule_set_id", sa.BigInteger()))
SECTIONS = ["pathways", "grade_limit", "holds", "fallback", "duties", "after_police", "follow_ups"]
OURS_APPLY = ("holds", "duties", "after_police", "follow_ups")
NOTE = (
    "Made by the upgrade of December 2, 2026. Your district had changed these rows: {rows}. In the version in force, "
    "your own pathways stay, and the new holds, duties and follow-ups apply. This draft holds the other form of each. "
    "Keep what is right, and publish or delete this draft."
)
REFUSAL = "a published rule set never changes"


def upgrade() -> None:
    connection = op.get_bind()
    changes, signs = (json.loads(path.read_text(encoding="utf-8")) for path in (CHANGES, SIGNS))
    for source in _to_follow(connection):
        before = source.table_rows["rows"]
        rows, other = list(before), list(before)
        decide = [change["is"]["id"] for change in changes if _carry(change, before, rows, other)]
        if rows == before:
            continue
        common = {"name": source.name, "version": 1}
        published = {"starts_on": source.starts_on, "ends_on": source.ends_on, "published_at": PUBLISHED_AT}
        _insert(
            connection, state="published", table_rows={"rows": rows, "signs": signs}, note="", **published, **common
        )
        if decide:
            note = NOTE.format(rows=", ".join(decide))
            _insert(connection, state="draft", table_rows={"rows": other, "signs": signs}, note=note, **common)


def _insert(connection: sa.Connection, name: str, **values: Any) -> None:
    numbers = sa.select(sa.func.max(RULE_SET.c.number)).where(RULE_SET.c.name == name)
    number = connection.execute(numbers).scalar_one() + 1
    connection.execute(sa.insert(RULE_SET).values(name=name, number=number, **values))


def _to_follow(connection: sa.Connection) -> list[Any]:
    """The published version in force on the day this was written, and those that begin later, each the newest."""
    withdrawn = sa.select(WITHDRAWN.c.rule_set_id)
    stands = sa.and_(RULE_SET.c.state == "published", RULE_SET.c.id.not_in(withdrawn))
    statement = sa.select(RULE_SET).where(stands).order_by(RULE_SET.c.starts_on, RULE_SET.c.id)
    newest = {row.starts_on: row for row in connection.execute(statement)}
    begun = [day for day in newest if day <= WRITTEN_ON]
    return [row for day, row in newest.items() if day > WRITTEN_ON or day == max(begun, default=None)]


def _carry(change: dict[str, Any], before: list[Any], rows: list[Any], other: list[Any]) -> bool:
    """Make one change in the rows that will be in force and in those of the draft; say whether the district must
    decide on it."""
    ours, ours_id = change["is"], change["is"]["id"]
    theirs = next((row for row in before if row["id"] == ours_id), None)
    if theirs == change["was"]:
        for changed in (rows, other):
            _put(changed, ours, change["after"])
        return False
    _put(rows if ours["section"] in OURS_APPLY else other, ours, change["after"])
    return True


def _put(rows: list[Any], ours: dict[str, Any], after: str | None) -> None:
    """Put a row in the place of the one with its id, else after another row, else at the end of its section."""
    ids = [row["id"] for row in rows]
    if ours["id"] in ids:
        rows[ids.index(ours["id"])] = ours
        return
    end = sum(SECTIONS.index(row["section"]) <= SECTIONS.index(ours["section"]) for row in rows)
    rows.insert(ids.index(after) + 1 if after in ids else end, ours)


def downgrade() -> None:
    connection = op.get_bind()
    made = sa.and_(RULE_SET.c.state == "draft", RULE_SET.c.note.like(f"{NOTE.split('{', maxsplit=1)[0]}%"))
    ours = sa.and_(RULE_SET.c.state == "published", RULE_SET.c.published_at == PUBLISHED_AT)
    used = sa.union(sa.select(ANSWER.c.rule_set_id), sa.select(REPLAY.c.rule_set_id))
    connection.execute(sa.delete(RULE_SET).where(made, RULE_SET.c.id.not_in(used)))
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
