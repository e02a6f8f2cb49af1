"""`flask import`: rosters, calendars, published figures, behaviour codes, and discipline from the Ed-Fi interchange."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common import FILE, JSON, UNWRITABLE, show, telling
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.incidents.catalogue import import_behaviors
from wss_cases.journal.rooms import Room
from wss_cases.outcomes.edfi.importing import Problem as EdfiProblem
from wss_cases.outcomes.edfi.importing import Report as EdfiReport
from wss_cases.outcomes.edfi.importing import import_edfi
from wss_cases.outcomes.edfi.reading import FileRefused
from wss_cases.outcomes.published.actions import import_history
from wss_cases.roster.calendar.importing.actions import event_lines, import_calendar
from wss_cases.roster.calendar.importing.models import decisions_of
from wss_cases.roster.import_files import BundleRefused, Problem, Report, TooManyRefused
from wss_cases.roster.oneroster.actions import Accepted, import_oneroster
from wss_cases.roster.supports import import_supports

DAY = click.DateTime(["%Y-%m-%d"])
WAITING = 3
"""The exit status of an import that is written, and of which something waits for a person."""
_STEPS = {
    "compared": "comparing the roster with the last one",
    "people": "writing the people",
    "enrolments": "writing the enrolments",
    "guardians": "writing whose guardian everybody is",
}
SHOWN = 10
_UNPLACED = {
    "students": "Students without a school",
    "staff": "Staff without a school",
    "schools": "Schools without a district",
    "roleless": "People of whom no row says what they are, not imported",
}
group = AppGroup("import", help="Take in rosters, calendars, published figures, behaviour codes and Ed-Fi files.")


@group.command("oneroster")
@click.argument("path", type=click.Path(exists=True, readable=True, path_type=Path))
@click.option("--source", default="", help="Name of the feed; by default what it was before, or the root org's id.")
@click.option("--accept-source", is_flag=True, help="Go on although the feed is new beside another.")
@click.option("--accept-shrink", is_flag=True, help="Go on although many rows of the last import are missing.")
@click.option("--most-refused", type=click.IntRange(0, 100), help="Percent of a file's rows that may be refused.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@JSON
def oneroster(
    path: Path, source: str, accept_source: bool, accept_shrink: bool, most_refused: int | None, dry_run: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Take in a folder or zip in OneRoster 1.1 or 1.2, or School Data Sync 2.1."""
    with _refusals(path, as_json), telling("reading the roster") as say:
        report = import_oneroster(
            SYSTEM, path, clock.now(), source,
            accept=Accepted(accept_shrink, accept_source, most_refused), dry_run=dry_run,
            progress=lambda file, done: say(f"{file}: {done:,} rows read" if done else _STEPS[file]),
        )  # fmt: skip
        if not as_json:
            click.echo(f"Source {report.source}" + (" (dry run: nothing was changed)" if dry_run else ""))
        _tell(report, report.as_document()["files"], as_json)
        if not as_json:
            _tell_unplaced(report)


@group.command("supports")
@click.argument("file", type=FILE)
@click.option("--most-refused", type=click.IntRange(0, 100), help="Percent of the rows that may be refused.")
@JSON
def supports(file: Path, most_refused: int | None, as_json: bool) -> None:
    """Take in supports of students by student_number: iep, 504, english_learner, housing, language."""
    with _refusals(file, as_json), telling(f"taking in {file.name}"):
        report = import_supports(SYSTEM, file, clock.now(), most_refused)
    _tell(report, report.as_document()["files"], as_json)


@group.command("calendar")
@click.argument("file", type=FILE)
@click.option("--school-year", "year", required=True, help="The school year, written 2026-27.")
@click.option("--first-day", type=DAY, help="First day of school, where the file does not say it.")
@click.option("--last-day", type=DAY, help="Last day of school, where the file does not say it.")
@click.option("--dry-run", is_flag=True, help="Say what each event was taken for and change nothing.")
@JSON
def calendar(
    file: Path, year: str, first_day: datetime | None, last_day: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Take in the district's school calendar for one school year from a CSV or ICS file.

    What is unmistakable is written, or was decided by a person before. Exit status 3 where it is written and events
    are left that need a person's decision.
    """
    first, last = (moment.date() if moment else None for moment in (first_day, last_day))
    with _refusals(file, as_json), telling(f"taking in the calendar of {year}"):
        report = import_calendar(
            SYSTEM, file.name, file.read_bytes(), year, clock.now(), first, last,
            decisions=decisions_of(year, written=True), dry_run=dry_run,
        )  # fmt: skip
        lines = event_lines(report.events)
    if not as_json:
        for line in lines:
            click.echo(line)
        click.echo(f"{year}" + (" (dry run: nothing was changed)" if dry_run else ""))
    _tell(report, {} if dry_run else report.as_document()["files"], as_json)
    if report.waiting and not as_json:
        number = len(report.waiting)
        click.echo(
            f"{number} events need a person's decision and change nothing: upload the file under School calendar."
        )
    if report.blocked or (report.waiting and report.landed):
        sys.exit(1 if report.blocked else WAITING)


@group.command("edfi")
@click.argument("files", nargs=-1, required=True, type=FILE)
@JSON
def edfi(files: tuple[Path, ...], as_json: bool) -> None:
    """Take in an Ed-Fi StudentDiscipline (4.0 to 5.2); Student and EducationOrganization for whom the roster lacks."""
    try:
        with force_locale("en"), telling(f"taking in {files[0].name}") as say:
            report = import_edfi(SYSTEM, files, clock.now(), say)
    except FileRefused as refused:
        _stop(EdfiReport(problems=[EdfiProblem(*refused.place)]), as_json)
    except SQLAlchemyError:
        _stop(EdfiReport(problems=[EdfiProblem(files[0].name, 0, "", UNWRITABLE)]), as_json)
    _tell(report, report.counts, as_json)
    if as_json:
        _complain(report)


@group.command("metrics")
@click.argument("file", type=FILE)
@JSON
def metrics(file: Path, as_json: bool) -> None:
    """Take in the district's published file of misconducts, suspensions and police notifications, as it is."""
    try:
        with _opened(file) as stream:
            report = import_history(SYSTEM, stream, file.name, clock.now())
    except Refused as refused:
        _refuse_file(file, {"row": None, "column": None, "message": refused.message}, as_json)
    except SQLAlchemyError:
        _refuse_file(file, {"row": None, "column": None, "message": UNWRITABLE}, as_json)
    _tell_rows(file, asdict(report.tally), report.problems, as_json)


@group.command("behaviors")
@click.argument("file", type=FILE)
@JSON
def behaviors(file: Path, as_json: bool) -> None:
    """Add behaviours from a CSV, or mend those of the same set, code and first day."""
    try:
        with _opened(file) as stream:
            report = import_behaviors(SYSTEM, stream, clock.now())
    except Refused as refused:
        problem = {"row": 1, "column": refused.field, "message": refused.message}
        _refuse_file(file, problem, as_json, indent=None)
    counts = {"created": report.created, "updated": report.updated, "unchanged": report.unchanged}
    _tell_rows(file, counts | {"refused": len(report.problems)}, report.problems, as_json, indent=None)


@contextmanager
def _refusals(path: Path, as_json: bool) -> Iterator[None]:
    """Speak English inside the block; when the input as a whole is refused, print why and exit with status 1."""
    try:
        with force_locale("en"):
            yield
    except BundleRefused as refused:
        report = refused.report or Report(problems=refused.problems)
        _stop(report, as_json, 3 if isinstance(refused, TooManyRefused) else 1)
    except SQLAlchemyError as error:
        _stop(Report(problems=[Problem(path.name, None, None, _database_words(error))]), as_json)


def _database_words(error: SQLAlchemyError) -> str:
    """What an operator can do about a database error."""
    cause = str(getattr(error, "orig", None) or error).splitlines()[0][:300]
    if "locked" in cause:
        return "Another import or a long save holds the database. Try again."
    if "no such table" in cause or ("relation" in cause and "does not exist" in cause):
        return "The database has no schema yet. Run: flask db upgrade"
    return f"The database did not take it: {cause}"


def _tell(report: Report | EdfiReport, counts: Mapping[str, Mapping[str, int]], as_json: bool) -> None:
    """Print the JSON document, or the counts of each file or element and then the problems."""
    if as_json:
        show(report.as_document())
        return
    for name, numbers in counts.items():
        click.echo(_counted(name, numbers))
    _complain(report)


def _counted(name: str, numbers: Mapping[str, int]) -> str:
    return f"{name}: " + ", ".join(f"{number:,} {word}" for word, number in numbers.items())


def _complain(report: Report | EdfiReport) -> None:
    """Print each problem on its own line to the error output: file, place if known, message."""
    for problem in report.grouped() if isinstance(report, Report) else report.problems:
        _file, *place, _message = vars(problem).items()
        where = [problem.file, *(f"{word} {value}" for word, value in place if value)]
        click.echo(f"{', '.join(where)}: {problem.message}", err=True)


def _tell_unplaced(report: Report) -> None:
    """Print how many rows came in without a field, and who has no place in the roster."""
    for file, number in report.unknown.items():
        click.echo(f"{file}: {number:,} rows were imported without a field that is not known", err=True)
    for kind, found in report.unplaced.items():
        if found["count"]:
            click.echo(f"{_UNPLACED[kind]}: {found['count']:,} ({', '.join(found['sourced_ids'][:SHOWN])})", err=True)


def _stop(report: Report | EdfiReport, as_json: bool, status: int = 1) -> NoReturn:
    """Print why nothing was imported and exit."""
    if as_json:
        show(report.as_document())
    _complain(report)
    sys.exit(status)


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    with force_locale("en"), telling(f"taking in {file.name}"), file.open(encoding="utf-8-sig", newline="") as stream:
        yield stream


def _refuse_file(file: Path, problem: dict[str, Any], as_json: bool, indent: int | None = 2) -> NoReturn:
    if as_json:
        show({"files": {}, "problems": [{"file": file.name, **problem}]}, indent)
    click.echo(f"{file.name}: {problem['message']}", err=True)
    sys.exit(1)


def _tell_rows(
    file: Path, counts: Mapping[str, int], problems: Iterable[Any], as_json: bool, indent: int | None = 2
) -> None:
    """Print the counts of a file of rows, and every row that was left out."""
    left_out = [{"file": file.name, **asdict(problem)} for problem in problems]
    if as_json:
        show({"files": {file.name: counts}, "problems": left_out}, indent)
    else:
        click.echo(_counted(file.name, counts))
    for row in left_out:
        click.echo("{file}, row {row}, column {column}: {message}".format(**row), err=True)


ROOM = Room(commands=(group,))
