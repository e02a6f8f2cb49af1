"""An entry of money is corrected in place; counter-entries go into the history of what they took back.

Each counter-entry took back all of its entry. So the entry's amount becomes 0, and its history says what it was, who
took it back, when and why: sums stay, nothing is lost. The counter-entries are also written to a file, because rows of
the audit log name their numbers. The database still refuses to delete an entry.

Revision ID: 0139
Revises: 0138
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.removed_rows import write_rows

revision = "0139"
down_revision = "0138"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOST = 10**12
TABLE = "resource_entry"
CORRECTED = "resource_entry.corrected"
COUNTER = "corrects_id IS NOT NULL"
BEFORE = (
    f"(corrects_id is null and amount_cents > 0 and amount_cents <= {MOST})"
    f" or (corrects_id is not null and amount_cents < 0 and amount_cents >= -{MOST})"
)
ENTRY = sa.table(
    TABLE,
    *(sa.column(name, BIG) for name in ("id", "school_id", "amount_cents", "corrects_id", "made_by_id")),
    sa.column("kind", sa.String),
    sa.column("on_day", sa.Date),
    sa.column("note", sa.String),
    sa.column("made_at", sa.DateTime(timezone=True)),
)
TIMELINE = sa.table(
    "timeline_entry",
    *(sa.column(name, BIG) for name in ("id", "subject_id", "actor_id", "school_id")),
    *(sa.column(name, sa.String) for name in ("subject_type", "kind", "actor_name")),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
)
ACCOUNT = sa.table("user_account", sa.column("id", BIG), sa.column("name", sa.String))


def upgrade() -> None:
    for act in ("UPDATE", "DELETE"):
        _allow(act)
    write_rows(TABLE, revision, COUNTER)
    connection = op.get_bind()
    entries = {row.id: row for row in connection.execute(sa.select(ENTRY))}
    counters = sorted((row for row in entries.values() if row.corrects_id is not None), key=lambda row: row.id)
    for counter in counters:
        _fold(connection, entries[counter.corrects_id], counter)
    op.execute(f"DELETE FROM {TABLE} WHERE {COUNTER}")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_index("uq_resource_entry_corrects")
        batch.drop_constraint(op.f("fk_resource_entry_corrects_id"), type_="foreignkey")
        for name in ("amount", "says_why"):
            batch.drop_constraint(op.f(f"ck_resource_entry_{name}"), type_="check")
        batch.drop_column("corrects_id")
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.create_check_constraint(op.f("ck_resource_entry_amount"), f"amount_cents between 0 and {MOST}")
    for counter in counters:
        connection.execute(sa.update(ENTRY).where(ENTRY.c.id == counter.corrects_id).values(amount_cents=0))
    _refuse("DELETE", "an entry of money is never deleted")


def _fold(connection: sa.Connection, wrong: Any, counter: Any) -> None:
    """Turn the history row of a counter-entry into that of the entry which it took back; make one where it has none."""
    data = {
        "number": wrong.id, "reason": counter.note, "was_kind": wrong.kind, "was_amount": _dollars(wrong.amount_cents),
        "was_day": wrong.on_day.isoformat(), "kind": wrong.kind, "amount": "$0", "day": wrong.on_day.isoformat(),
    }  # fmt: skip
    of_counter = (TIMELINE.c.subject_type == TABLE, TIMELINE.c.subject_id == counter.id, TIMELINE.c.kind == CORRECTED)
    moved = connection.execute(sa.update(TIMELINE).where(*of_counter).values(subject_id=wrong.id, data=data))
    if not moved.rowcount:
        name = connection.scalar(sa.select(ACCOUNT.c.name).where(ACCOUNT.c.id == counter.made_by_id))
        connection.execute(
            sa.insert(TIMELINE).values(
                at=counter.made_at, actor_id=counter.made_by_id, actor_name=name or "", subject_type=TABLE,
                subject_id=wrong.id, school_id=wrong.school_id, kind=CORRECTED, data=data,
            )
        )  # fmt: skip


def _dollars(cents: int) -> str:
    dollars, rest = divmod(cents, 100)
    return f"${dollars:,}.{rest:02d}" if rest else f"${dollars:,}"


def downgrade() -> None:
    """Entries of $0 go to a file, because the earlier schema takes none; counter-entries do not come back."""
    _allow("DELETE")
    write_rows(TABLE, f"{revision}-downgrade", "amount_cents = 0")
    op.execute(f"DELETE FROM {TABLE} WHERE amount_cents = 0")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(op.f("ck_resource_entry_amount"), type_="check")
        batch.drop_column("version")
        batch.add_column(sa.Column("corrects_id", BIG, nullable=True))
        batch.create_foreign_key(op.f("fk_resource_entry_corrects_id"), TABLE, ["corrects_id"], ["id"])
        batch.create_check_constraint(op.f("ck_resource_entry_amount"), BEFORE)
        batch.create_check_constraint(op.f("ck_resource_entry_says_why"), "corrects_id is null or note <> ''")
        batch.create_index("uq_resource_entry_corrects", ["corrects_id"], unique=True)
    _refuse("UPDATE", "an entry of money stays as it is")
    _refuse("DELETE", "an entry of money stays as it is")


def _allow(act: str) -> None:
    name = f"resource_entry_no_{act.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute(f"DROP TRIGGER {name} ON {TABLE}")
        op.execute(f"DROP FUNCTION {name}()")


def _refuse(act: str, words: str) -> None:
    name = f"resource_entry_no_{act.lower()}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{words}'); END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {name}()")
