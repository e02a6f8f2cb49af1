"""`flask import metrics`: the district's published history."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common.output import telling
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.outcomes.published.actions import import_history


@click.command("metrics")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def import_metrics(file: Path, as_json: bool) -> None:
    """Take in the district's published file of misconducts, suspensions and police notifications, as it is."""
    try:
        with (
            force_locale("en"),
            telling(f"taking in {file.name}"),
            file.open(encoding="utf-8-sig", newline="") as stream,
        ):
            report = import_history(SYSTEM, stream, file.name, clock.now())
    except Refused as refused:
        _stop(file, refused.message, as_json)
        return
    except SQLAlchemyError:
        _stop(file, "The database cannot be written or has no schema yet. Run: flask db upgrade", as_json)
        return
    problems = [{"file": file.name, **asdict(problem)} for problem in report.problems]
    counts = asdict(report.tally)
    if as_json:
        _print({"files": {file.name: counts}, "problems": problems})
    else:
        click.echo(f"{file.name}: " + ", ".join(f"{number:,} {word}" for word, number in counts.items()))
    for problem in problems:
        click.echo("{file}, row {row}, column {column}: {message}".format(**problem), err=True)


def _stop(file: Path, message: str, as_json: bool) -> None:
    if as_json:
        _print({"files": {}, "problems": [{"file": file.name, "row": None, "column": None, "message": message}]})
    click.echo(f"{file.name}: {message}", err=True)
    sys.exit(1)


def _print(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
