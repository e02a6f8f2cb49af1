"""A whole district in PostgreSQL, in minutes: a district of a few schools written in bulk, multiplied by SQL.

Each copy gets schools, people, incidents, cases and follow-ups of its own, with ids that interleave with those of the
other copies, as they would had the schools written side by side for years. The timeline and the audit are whole for
the first schools and thinned for the others, to keep the size of the disk within reason.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from tests.support.databases import DEMO_PASSWORD, ROOT, Database, environment
from wss_cases.foundation.code_tables import LARGEST, SERIES
from wss_cases.foundation.db import Base

SHARED = frozenset({
    "alembic_version", "behavior_code", "calendar_day", "equity_minimum", "family_text", "figure_state",
    "follow_up_template", "legal_duty_kind", "legal_duty_kind_step", "location_code", "partner", "plan_question",
    "plan_template", "police_approver", "retention_rule", "routing_rule_set", "setting", "sight_setting",
})  # fmt: skip
"""One of each for the whole district."""
THINNED = ("audit_entry", "timeline_entry")
WHOLE_COPIES, ONE_IN = 8, 10
LOOSE = frozenset({"actor_id", "case_id", "entry_id", "last_school_id", "object_id", "school_id", "subject_id"})
"""Columns that hold an id of a table that is multiplied, without a foreign key."""
NUMBERED = frozenset({("reengagement_plan", "cause_key"), ("counter", "series")})
"""Words with an id behind a colon; a counter without one counts for the whole district."""

WRITTEN = "INSERT INTO counter (series, value) VALUES (%s, %s)"
"""The schools were written past the session: no process may hold those of another district for them."""
MAILED = "UPDATE outbox_message SET state = 'sent', sent_at = now() WHERE state = 'waiting'"
"""A scheduler that ran for years has mailed what was due; it does not begin with it."""


@dataclass(frozen=True)
class Sizes:
    """What the district is made of before it is multiplied."""

    schools: int = 8
    students: int = 4_063
    incidents: int = 12_500
    years: int = 3
    seed: int = 1


def build(database: Database, copies: int, sizes: Sizes) -> None:
    """Fill a migrated, empty PostgreSQL database, once the application is made and so every table known.

    RuntimeError with what a command said when one fails.
    """
    size = [f"--{name}={value}" for name, value in vars(sizes).items()]
    run(database, "tests.bench.bulk", *size)
    address = database.url.replace("postgresql+psycopg", "postgresql")
    multiply(address, copies)
    with psycopg.connect(address, autocommit=True) as connection:
        while connection.execute("SELECT public.wss_next_audit_month()").fetchone() != (None,):
            pass
        connection.execute("VACUUM ANALYZE")
    run(database, "flask", "outcomes", "recount")
    run(database, "flask", "reminders", "sweep")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(MAILED)


def multiply(address: str, copies: int) -> None:
    """Make so many of all that is not shared of the district in a database, which is the first of them."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DELETE FROM counter WHERE series = %s", [SERIES])
        indexes = _set_apart(connection)
    tables = [table for table in Base.metadata.sorted_tables if table.name not in SHARED]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda table: _multiply(address, table, copies), tables))
        list(pool.map(lambda statement: _alone(address, statement), indexes))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA base CASCADE")
        connection.execute(WRITTEN, [SERIES, secrets.randbelow(LARGEST)])


def logs_words(copies: int) -> str:
    """Say how whole the logs of so many copies are."""
    if copies <= WHOLE_COPIES:
        return "timeline and audit log whole"
    return f"timeline and audit log whole for {WHOLE_COPIES} copies of {copies}, one row in {ONE_IN} of the others"


def run(database: Database, module: str, *arguments: str) -> None:
    """Run a module as a program on a database. RuntimeError with what it said when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env=environment(database.url, WSS_DEMO_PASSWORD=DEMO_PASSWORD), check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)}:\n{done.stdout}{done.stderr}")


def _set_apart(connection: psycopg.Connection[Any]) -> list[str]:
    """Move the rows to a schema of their own, empty the tables, drop their indexes; returns how to make them again."""
    connection.execute("CREATE SCHEMA base")
    found = connection.execute(
        "SELECT indexdef, indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN "
        "(SELECT conname FROM pg_constraint)"
    ).fetchall()
    multiplied = [table.name for table in Base.metadata.sorted_tables if table.name not in SHARED]
    for name in multiplied:
        names = {"name": sql.Identifier(name)}
        connection.execute(sql.SQL("CREATE TABLE base.{name} AS TABLE public.{name}").format(**names))
    connection.execute("SET session_replication_role = replica")
    for name in reversed(multiplied):
        connection.execute(sql.SQL("DELETE FROM public.{name}").format(name=sql.Identifier(name)))
    for _definition, name in found:
        connection.execute(sql.SQL("DROP INDEX {name}").format(name=sql.Identifier(name)))
    # the index of a table by months is written as if of the whole alone
    return [definition.replace(" ON ONLY ", " ON ") for definition, _name in found]


def _alone(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(statement)


def _multiply(address: str, table: Any, copies: int) -> None:
    columns = [column for column in table.columns if column.computed is None]
    statement = sql.SQL(
        "INSERT INTO public.{table} ({names}) SELECT {values} FROM base.{table} AS made, "
        "generate_series(0, {last}) AS k WHERE {which}"
    ).format(
        table=sql.Identifier(table.name),
        names=sql.SQL(", ").join(sql.Identifier(column.name) for column in columns),
        values=sql.SQL(", ").join(_value(table, column, copies) for column in columns),
        last=copies - 1,
        which=_which(table.name),
    )
    with psycopg.connect(address) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)
        if "id" in table.columns:
            series = "SELECT setval(pg_get_serial_sequence({name}, 'id'), (SELECT max(id) FROM {table}) + 1)"
            connection.execute(sql.SQL(series).format(name=table.name, table=sql.Identifier(table.name)))


def _which(name: str) -> sql.Composable:
    if name in THINNED:
        return sql.SQL(f"k < {WHOLE_COPIES} OR made.id % {ONE_IN} = 0")
    if name == "role_grant":
        return sql.SQL("k = 0 OR school_id IS NOT NULL")
    if name == "counter":
        return sql.SQL("k = 0 OR series ~ '^[^:]+:[0-9]+$'")
    return sql.SQL("true")


def _value(table: Any, column: Any, copies: int) -> sql.Composable:
    """Return what stands in a column of copy k: ids interleaved, words that must differ with the copy's number."""
    name = sql.Identifier(column.name)
    spread = f"(({{name}} - 1) * {copies} + k + 1)"
    if (table.name, column.name) in NUMBERED:
        spread = spread.replace("{name}", "split_part({name}, ':', 2)::bigint")
        numbered = "CASE WHEN {name} ~ '^[^:]+:[0-9]+$' THEN split_part({name}, ':', 1) || ':' || " + spread
        return sql.SQL(numbered + " ELSE {name} END").format(name=name)
    if (table.name, column.name) == ("search_entry", "words"):
        school = "split_part({name}, 'z', 1)"
        spread = spread.replace("{name}", f"{school}::bigint")
        moved = f"ltrim(replace(' ' || {{name}}, ' ' || {school} || 'z', ' ' || {spread} || 'z'))"
        return sql.SQL(moved).format(name=name)
    if column.name == "network":
        return sql.SQL("'Network ' || 1 + k % 16") if table.name == "school" else name
    if _is_multiplied(table, column):
        return sql.SQL(spread).format(name=name)
    if column.name in set(_told_apart(table)):
        wanted = "md5({name} || k) || md5(k || {name})" if "digest" in column.name else "k || {name}"
        return sql.SQL(f"CASE k WHEN 0 THEN {{name}} ELSE {wanted} END").format(name=name)
    return name


def _is_multiplied(table: Any, column: Any) -> bool:
    if column.type.python_type is not int:
        return False
    if column.foreign_keys:
        return all(key.column.table.name not in SHARED for key in column.foreign_keys)
    return column.name == "id" or column.name in LOOSE


def _told_apart(table: Any) -> Iterator[str]:
    """Yield the columns of words that no two rows may share, where no id beside them tells the rows apart."""
    unique = [index.columns for index in table.indexes if index.unique]
    unique += [one.columns for one in table.constraints if type(one).__name__ == "UniqueConstraint"]
    for columns in unique:
        words = [column for column in columns if column.type.python_type is str]
        if words and not any(_is_multiplied(table, column) for column in columns):
            yield words[-1].name
