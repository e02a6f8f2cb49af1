"""`flask permissions`: what every route demands."""

import json

import click
from flask import current_app
from flask.cli import AppGroup

from wss_cases.access.gate import matrix

group = AppGroup("permissions", help="Who may do what.")


@group.command("matrix")
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def show_matrix(as_json: bool) -> None:
    """List every rule of the url map with its methods and its permission."""
    rows = matrix(current_app)
    if as_json:
        click.echo(json.dumps({"routes": rows}, indent=2))
        return
    for row in rows:
        click.echo(f"{row['permission'] or '':28} {' '.join(row['methods']):18} {row['rule']}")
