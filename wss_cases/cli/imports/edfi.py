"""`flask import edfi`: discipline of past years, or of another system, from the Ed-Fi interchange."""

import json
import sys
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common.output import telling
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import force_locale
from wss_cases.outcomes.edfi.importing.actions import Problem, Report, import_edfi
from wss_cases.outcomes.edfi.importing.reading import FileRefused

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command("edfi")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def import_edfi_files(files: tuple[Path, ...], as_json: bool) -> None:
    """Take in an Ed-Fi 5.2 StudentDiscipline, with Student and EducationOrganization for whom the roster lacks."""
    try:
        with force_locale("en"), telling(f"taking in {files[0].name}") as say:
            report = import_edfi(SYSTEM, files, clock.now(), say)
    except FileRefused as refused:
        _stop(Report(problems=[Problem(*refused.place)]), as_json)
    except SQLAlchemyError:
        words = "The database cannot be written or has no schema yet. Run: flask db upgrade"
        _stop(Report(problems=[Problem(files[0].name, 0, "", words)]), as_json)
    if as_json:
        click.echo(json.dumps(report.as_document(), ensure_ascii=False, indent=2))
    else:
        for name, counts in report.counts.items():
            click.echo(f"{name}: " + ", ".join(f"{number:,} {what}" for what, number in counts.items()))
    _complain(report)


def _complain(report: Report) -> None:
    for problem in report.problems:
        place = [problem.file]
        place += [f"line {problem.line}"] if problem.line else []
        place += [f"element {problem.element}"] if problem.element else []
        click.echo(f"{', '.join(place)}: {problem.message}", err=True)


def _stop(report: Report, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps(report.as_document(), ensure_ascii=False, indent=2))
    _complain(report)
    sys.exit(1)
