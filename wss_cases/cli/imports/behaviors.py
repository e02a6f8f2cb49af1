"""`flask import behaviors`: the behaviour catalogue."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common.output import telling
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.catalogue.actions import import_behaviors as take_in


@click.command("behaviors")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def import_behaviors(file: Path, as_json: bool) -> None:
    """Add behaviours from a CSV, or mend those of the same set, code and first day."""
    try:
        with (
            force_locale("en"),
            telling(f"taking in {file.name}"),
            file.open(encoding="utf-8-sig", newline="") as stream,
        ):
            report = take_in(SYSTEM, stream, clock.now())
    except Refused as refused:
        problem = {"file": file.name, "row": 1, "column": refused.field, "message": refused.message}
        if as_json:
            click.echo(json.dumps({"files": {}, "problems": [problem]}, ensure_ascii=False))
        click.echo(f"{file.name}: {refused.message}", err=True)
        sys.exit(1)
    counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    counts["refused"] = len(report.problems)
    problems = [{"file": file.name, **asdict(problem)} for problem in report.problems]
    if as_json:
        click.echo(json.dumps({"files": {file.name: counts}, "problems": problems}, ensure_ascii=False))
    else:
        click.echo(f"{file.name}: " + ", ".join(f"{number:,} {word}" for word, number in counts.items()))
    for row in problems:
        click.echo("{file}, row {row}, column {column}: {message}".format(**row), err=True)
