"""`flask retention`: what the scheduler does by itself, for whoever owns the database's tables."""

import json
import sys

import click
from flask.cli import AppGroup

from wss_cases.foundation import clock
from wss_cases.records.retention.deletion.pages import carry_out
from wss_cases.records.retention.schedule import clean

group = AppGroup("retention", help="Deleting records that two people agreed on, and cleaning by age.")


@group.command("run")
@click.option("--json", "as_json", is_flag=True, help="Print the document alone.")
def run(as_json: bool) -> None:
    """Clean by age, delete what was confirmed, and rid the database's own files of it."""
    now = clock.now()
    cleaned = clean(now)
    done = carry_out(now, seconds=3600.0)
    if as_json:
        click.echo(json.dumps({"cleaned": cleaned, **done}))
        return
    for name, count in cleaned.items():
        click.echo(f"cleaned {name}: {count}", file=sys.stderr)
    click.echo(", ".join(f"{name} {count}" for name, count in done.items()))
