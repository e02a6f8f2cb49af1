"""What several commands share: options and how they are read, refusals, and the audit row of a command."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of

JSON = click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
YEAR = click.option("--school-year", "year", required=True, help="Written 2026-27.")
SCHOOL = click.option("--school", help="Number, code or id of one school; all schools without it.")
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
UNREADABLE = "The database cannot be read or has no schema yet. Run: flask db upgrade"
UNWRITABLE = "The database cannot be written or has no schema yet. Run: flask db upgrade"


def show(document: Any, indent: int | None = 2) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=indent))


def refuse(field: str, message: str, as_json: bool = False) -> NoReturn:
    """Say why a command is refused, as a JSON document too where that was chosen, and end with status 1."""
    if as_json:
        show({"error": {"field": field, "message": message}})
    click.echo(f"Refused: {message}", err=True)
    sys.exit(1)


@contextmanager
def refusals(as_json: bool = False, of_database: str = "database") -> Iterator[None]:
    """Speak English inside the block, and refuse the command for what the rules or the database refuse there."""
    try:
        with force_locale("en"):
            yield
    except Refused as refused:
        refuse(refused.field, refused.message, as_json)
    except SQLAlchemyError:
        refuse(of_database, UNREADABLE, as_json)


def run_command(*arguments: str) -> None:
    """Run another command of this application in this process: starting Python again takes longer than the work."""
    current_app.cli.main(args=list(arguments), prog_name="flask", standalone_mode=False)


def note(now: datetime, action: str, about: str, object_id: int | None = None, changes: Any = None) -> None:
    """Write the audit row of what a command did, in a unit of work of its own."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.audit(action, about, object_id, changes)


def instant(text: str, example: str) -> datetime:
    """Return the instant that --now gives, UTC where it names no zone; without it now. Raises BadParameter."""
    if not text:
        return clock.now()
    try:
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is not a date and time like {example}.") from error


def chosen_school(text: str) -> tuple[int, str]:
    """Return (id, name) of the school that --school names. Raises Refused where there is none."""
    school = school_named(SYSTEM, text)
    if school is None:
        raise Refused("school", f"There is no school {text}.")
    return school


def chosen_scope(year: str, school: str | None) -> tuple[Scope, str | None]:
    """Return what --school-year and --school choose, and the school's name, None for all schools.

    Raises BadParameter for a school year that has not begun, Refused for a school that is not there.
    """
    scope = scope_of(None, year, today_at(None, clock.now()))
    if scope is None:
        words = f"{year} is not a school year that has begun; it is written 2026-27"
        raise click.BadParameter(words, param_hint="--school-year")
    if school is None:
        return scope, None
    school_id, name = chosen_school(school)
    return replace(scope, school_id=school_id), name
