"""`flask import`: rosters, calendars, and what the rooms above take in."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common.output import telling
from wss_cases.cli.imports.behaviors import import_behaviors
from wss_cases.cli.imports.edfi import import_edfi_files
from wss_cases.cli.imports.metrics import import_metrics
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import force_locale
from wss_cases.roster.calendar.importing.actions import import_calendar
from wss_cases.roster.import_files.report import BundleRefused, Problem, Report
from wss_cases.roster.oneroster.actions import import_oneroster

DAY = click.DateTime(["%Y-%m-%d"])
_STEPS = {
    "compared": "comparing the roster with the last one",
    "people": "writing the people",
    "enrolments": "writing the enrolments",
    "guardians": "writing whose guardian everybody is",
}
group = AppGroup("import", help="Take in rosters, calendars, published figures, behaviour codes and Ed-Fi files.")
group.add_command(import_metrics)
group.add_command(import_behaviors)
group.add_command(import_edfi_files)


@group.command("oneroster")
@click.argument("path", type=click.Path(exists=True, readable=True, path_type=Path))
@click.option("--source", default="", help="Name of the feed; by default the root org's sourcedId.")
@click.option("--accept-shrink", is_flag=True, help="Go on although many rows of the last import are missing.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def oneroster(path: Path, source: str, accept_shrink: bool, dry_run: bool, as_json: bool) -> None:
    """Take in a folder or zip in OneRoster 1.1 or 1.2, or School Data Sync 2.1."""
    report = Report()
    try:
        with force_locale("en"), telling("reading the roster") as say:
            report = import_oneroster(
                SYSTEM, path, clock.now(), source,
                accept_shrink=accept_shrink, dry_run=dry_run,
                progress=lambda file, done: say(f"{file}: {done:,} rows read" if done else _STEPS[file]),
            )  # fmt: skip
    except BundleRefused as refused:
        stop(refused.problems, as_json)
    except SQLAlchemyError as error:
        stop([Problem(path.name, None, None, database_words(error))], as_json)
    if as_json:
        show(report.as_document())
        return
    click.echo(f"Source {report.source}" + (" (dry run: nothing was changed)" if dry_run else ""))
    tell(report)


@group.command("calendar")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--school-year", "year", required=True, help="The school year, written 2026-27.")
@click.option("--first-day", type=DAY, help="First day of school, where the file does not say it.")
@click.option("--last-day", type=DAY, help="Last day of school, where the file does not say it.")
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def calendar(file: Path, year: str, first_day: datetime | None, last_day: datetime | None, as_json: bool) -> None:
    """Take in the district's school calendar for one school year from a CSV or ICS file."""
    first, last = (moment.date() if moment else None for moment in (first_day, last_day))
    report = Report()
    try:
        with force_locale("en"), telling(f"taking in the calendar of {year}"):
            report = import_calendar(SYSTEM, file.name, file.read_bytes(), year, clock.now(), first, last)
    except BundleRefused as refused:
        stop(refused.problems, as_json)
    except SQLAlchemyError as error:
        stop([Problem(file.name, None, None, database_words(error))], as_json)
    if as_json:
        show(report.as_document())
        return
    tell(report)


def tell(report: Report) -> None:
    """Print the counts of each file, then the problems."""
    for name, counts in report.as_document()["files"].items():
        click.echo(f"{name}: " + ", ".join(f"{number:,} {word}" for word, number in counts.items()))
    complain(report.problems)


def database_words(error: SQLAlchemyError) -> str:
    """Return what an operator can do about a database that fails."""
    cause = str(getattr(error, "orig", None) or error).splitlines()[0][:300]
    if "locked" in cause:
        return "Another import or a long save holds the database. Try again."
    if "no such table" in cause or ("relation" in cause and "does not exist" in cause):
        return "The database has no schema yet. Run: flask db upgrade"
    return f"The database did not take it: {cause}"


def show(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def complain(problems: list[Problem]) -> None:
    """Print each problem on a line of its own to the error output."""
    for problem in problems:
        place = [problem.file]
        place += [f"row {problem.row}"] if problem.row else []
        place += [f"column {problem.column}"] if problem.column else []
        click.echo(f"{', '.join(place)}: {problem.message}", err=True)


def stop(problems: list[Problem], as_json: bool) -> NoReturn:
    """Say why nothing was imported and end with status 1."""
    if as_json:
        show(Report(problems=problems).as_document())
    complain(problems)
    sys.exit(1)
