"""`flask permissions`: what every route demands."""

import json

import click
from flask import current_app
from flask.cli import AppGroup

from wss_cases.access.gate import matrix
from wss_cases.cli.common.commands import JSON, refuse
from wss_cases.cli.permissions.database_rights import PARTS, statements
from wss_cases.foundation.db import db

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

    It may be run at any time, and has to be after each `flask db upgrade`.
    """
    if db.engine.dialect.name != "postgresql":
        refuse("role", "SQLite has no roles; whoever may write its file may do everything.")
    click.echo("\n".join(statements(role, part)))
