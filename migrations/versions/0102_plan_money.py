"""The money of safety plans: funding by source, resources of strategies, entries that stay, files of money.

Revision ID: 0102
Revises: 0101
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CENTS = sa.BigInteger()
MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
SOURCES = ("former_police", "district", "grant", "in_kind")
KINDS = (*("position", "program", "training", "wrap_around", "reengagement", "materials", "stipend"), "other")
MOST = 10**12
BETWEEN = f"amount_cents between 0 and {MOST}"
OF_POSITIONS = (
    "kind = 'position' or (job_code = '' and fte_hundredths is null and filled_on is null and vacant_since is null)"
)
AMOUNT = (
    f"(corrects_id is null and amount_cents > 0 and amount_cents <= {MOST})"
    f" or (corrects_id is not null and amount_cents < 0 and amount_cents >= -{MOST})"
)


def upgrade() -> None:
    _funding()
    _resources()
    _files()
    for act in ("UPDATE", "DELETE"):
        _refuse(f"resource_entry_no_{act.lower()}", act, "resource_entry", "an entry of money stays as it is")
    _refuse(
        "funding_stays", "DELETE", "funding", "former school police money is never deleted",
        when="OLD.source = 'former_police'",
    )  # fmt: skip


def downgrade() -> None:
    for table in ("money_file", "resource_entry", "plan_resource", "funding_change", "funding"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("resource_entry_no_update", "resource_entry_no_delete", "funding_stays"):
            op.execute(f"DROP FUNCTION {name}()")


def _refuse(name: str, act: str, table: str, words: str, when: str = "") -> None:
    if op.get_bind().dialect.name == "sqlite":
        condition = f" WHEN {when}" if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act} ON {table}{condition} BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    condition = f" WHEN ({when})" if when else ""
    op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW{condition} EXECUTE FUNCTION {name}()")


def _id() -> sa.Column[int]:
    return sa.Column("id", BIG, nullable=False)


def _to(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, BIG, key, nullable=nullable)


def _choice(table: str, name: str, values: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*values, name=op.f(f"ck_{table}_{name}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _words(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer(), nullable=False, server_default="1")


def _funding() -> None:
    table = "funding"
    op.create_table(
        table,
        _id(),
        _version(),
        _to(table, "school_id", "school"),
        _words("school_year", 7),
        _choice(table, "source", SOURCES),
        sa.Column("amount_cents", CENTS, nullable=False),
        sa.Column("officers_removed", BIG, nullable=True),
        _words("note", 200),
        sa.Column("made_at", MOMENT, nullable=False),
        _to(table, "made_by_id", "user_account", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding")),
        sa.UniqueConstraint(
            *("school_id", "school_year", "source", "note"), name=op.f("uq_funding_school_id_school_year_source_note")
        ),
        _check(table, "amount", BETWEEN),
        _check(table, "officers", "source = 'former_police' or officers_removed is null"),
    )
    table = "funding_change"
    op.create_table(
        table,
        _id(),
        _version(),
        _to(table, "funding_id", "funding"),
        _to(table, "school_id", "school"),
        sa.Column("amount_before_cents", CENTS, nullable=False),
        sa.Column("officers_before", BIG, nullable=True),
        sa.Column("amount_cents", CENTS, nullable=False),
        sa.Column("officers_removed", BIG, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _to(table, "asked_by_id", "user_account"),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        _to(table, "settled_by_id", "user_account", nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funding_change")),
        _check(table, "amount", BETWEEN),
        _check(table, "settled", "(settled_at is null) = (agreed is null)"),
        _check(table, "two_people", "agreed is null or not agreed or settled_by_id <> asked_by_id"),
    )
    waits = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_funding_change_waits", table, ["funding_id"], unique=True, sqlite_where=waits, postgresql_where=waits
    )
    op.create_index("ix_funding_change_school", table, ["school_id", "settled_at"])


def _resources() -> None:
    table = "plan_resource"
    op.create_table(
        table,
        _id(),
        _version(),
        _to(table, "school_id", "school"),
        _to(table, "plan_id", "school_plan"),
        _to(table, "strategy_id", "plan_strategy"),
        _choice(table, "kind", KINDS),
        _words("title", 200),
        _words("job_code", 40),
        sa.Column("fte_hundredths", BIG, nullable=True),
        sa.Column("filled_on", sa.Date(), nullable=True),
        sa.Column("vacant_since", sa.Date(), nullable=True),
        sa.Column("planned_cents", CENTS, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        _to(table, "made_by_id", "user_account", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_resource")),
        _check(table, "planned", f"planned_cents between 0 and {MOST}"),
        _check(table, "fte", "fte_hundredths is null or fte_hundredths between 1 and 10000"),
        _check(table, "of_positions", OF_POSITIONS),
        _check(
            table, "filled_or_vacant", "kind <> 'position' or filled_on is not null or vacant_since is not null"
        ),
        _check(table, "dates", "filled_on is null or vacant_since is null or filled_on <= vacant_since"),
        _check(table, "title", "title <> ''"),
    )  # fmt: skip
    for column in ("school_id", "plan_id", "strategy_id"):
        op.create_index(op.f(f"ix_plan_resource_{column}"), table, [column])
    table = "resource_entry"
    op.create_table(
        table,
        _id(),
        _to(table, "school_id", "school"),
        _to(table, "resource_id", "plan_resource"),
        _choice(table, "kind", ("committed", "spent")),
        sa.Column("amount_cents", CENTS, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        _words("note", 500),
        _to(table, "corrects_id", "resource_entry", nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        _to(table, "made_by_id", "user_account", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_entry")),
        _check(table, "amount", AMOUNT),
        _check(table, "says_why", "corrects_id is null or note <> ''"),
    )
    op.create_index("uq_resource_entry_corrects", table, ["corrects_id"], unique=True)
    op.create_index("ix_resource_entry_resource", table, ["resource_id", "kind"])


def _files() -> None:
    table = "money_file"
    op.create_table(
        table,
        _id(),
        _choice(table, "kind", ("entries", "funding")),
        _words("name", 120),
        _words("digest", 64),
        sa.Column("rows", JSON, nullable=False),
        sa.Column("school_ids", JSON, nullable=False),
        _to(table, "school_id", "school", nullable=True),
        _to(table, "made_by_id", "user_account"),
        sa.Column("made_at", MOMENT, nullable=False),
        _to(table, "done_by_id", "user_account", nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("landed", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_file")),
    )
    done = sa.text("done_at IS NOT NULL")
    op.create_index(
        "uq_money_file_done", table, ["kind", "digest"], unique=True, sqlite_where=done, postgresql_where=done
    )
