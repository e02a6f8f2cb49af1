"""`flask permissions`: what every route demands, and the rights in PostgreSQL that each part needs, and no more."""

import json

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.dialects import postgresql

from wss_cases.access.gate import matrix
from wss_cases.cli.common import JSON, refuse
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, AuditSeal
from wss_cases.journal.rooms import Room
from wss_cases.mail.common.pages import StandbyLapse, StandbyWatch

PARTS = ("web", "scheduler", "reading", "watching")
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
WATCHING = (
    "GRANT pg_read_all_stats",
    "GRANT ALTER SYSTEM ON PARAMETER synchronous_standby_names",
    "GRANT EXECUTE ON FUNCTION pg_reload_conf()",
)
"""To see which standbys follow, and to set for which of them commits wait; nothing else, and no row."""
SCHEMA_TABLE = "alembic_version"
WATCHED = {StandbyLapse.__tablename__, StandbyWatch.__tablename__}
"""What the scheduler alone writes: its watch puts names that stand there back into the server's settings."""
MAKING_MONTHS = "{what} EXECUTE ON FUNCTION public.wss_next_audit_month() {to} {{role}};"
MONTHS = {
    "web": (MAKING_MONTHS.format(what="REVOKE", to="FROM"),),
    "scheduler": (MAKING_MONTHS.format(what="GRANT", to="TO"),),
    "reading": tuple(
        words.format(schema=schema, role="{role}")
        for schema in ("wss_months", "wss_detached")
        for words in (
            "GRANT USAGE ON SCHEMA {schema} TO {role};",
            "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role};",
        )
    ),
}
"""The months of the audit log are read and written by way of the whole; `pg_dump` alone reads each, and those that were
detached."""

group = AppGroup("permissions", help="Who may do what.")


@group.command("matrix")
@JSON
def show_matrix(as_json: bool) -> None:
    """List every rule of the url map with its methods and its permission."""
    rows = matrix(current_app)
    if as_json:
        click.echo(json.dumps({"routes": rows}, indent=2))
        return
    for row in rows:
        click.echo(f"{row['permission'] or '':28} {' '.join(row['methods']):18} {row['rule']}")


@group.command("database")
@click.argument("role")
@click.option("--for", "part", type=click.Choice(PARTS), default="web", show_default=True)
def database(role: str, part: str) -> None:
    """Print the SQL that gives a PostgreSQL role what one part needs; run it as the owner of the schema.

    It may be run at any time, and has to be after each `flask db upgrade`. What watches the standby needs no table:
    run that once as a superuser, with PostgreSQL 15 or newer.
    """
    if db.engine.dialect.name != "postgresql":
        refuse("role", "SQLite has no roles; whoever may write its file may do everything.")
    click.echo("\n".join(_statements(role, part)))


def _statements(role: str, part: str) -> list[str]:
    """The statements for one role: it owns nothing, and changes no schema and no row of the audit log."""
    quote = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]
    named = quote(role)
    if part == "watching":
        return [*(f"{words} TO {named};" for words in WATCHING)]
    tables = set(db.metadata.tables)
    log = AuditEntry.__tablename__
    sealing = {AuditSeal.__tablename__} if part == "scheduler" else set()
    read = {log, AuditSeal.__tablename__, SCHEMA_TABLE} - sealing
    read |= WATCHED if part == "web" else set()
    given = ", ".join(quote(column.name) for column in db.metadata.tables[log].columns if column.name != "id")
    rights = {"SELECT": tables | {SCHEMA_TABLE}}
    if part != "reading":
        # the database assigns ids: of two rows with one id only one could be sealed
        rights = {EVERYTHING: tables - sealing - read, "SELECT": read, f"INSERT ({given})": {log}}
        rights |= {"SELECT, INSERT": sealing} if sealing else {}
    return [
        "BEGIN;",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {named};",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {named};",
        f"GRANT USAGE ON SCHEMA public TO {named};",
        *(
            f"GRANT {what} ON {', '.join(quote(name) for name in sorted(names))} TO {named};"
            for what, names in rights.items()
        ),
        *([] if part == "reading" else [f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {named};"]),
        *(words.format(role=named) for words in MONTHS[part]),
        "COMMIT;",
    ]


ROOM = Room(commands=(group,))
