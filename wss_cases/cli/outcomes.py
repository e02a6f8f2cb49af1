"""`flask outcomes`: reports for whoever runs the system."""

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common.output import target, telling
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.replica import reports_reading
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.counting.daily_figures.actions import recount
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.outcomes.counting.scope.rules import scope_of
from wss_cases.outcomes.documents.rendering import TYPES, Report, rendered
from wss_cases.outcomes.exports.export_log.actions import note_command
from wss_cases.outcomes.exports.report_files.queries import LIVE, history
from wss_cases.outcomes.published.queries import schools_in
from wss_cases.roster.directory.queries import get_school

STEP_SECONDS = 2.0
"""How long the count goes on between two words of progress."""

group = AppGroup("outcomes", help="Outcomes and the published history.")


@group.command("report")
@click.argument("name", type=click.Choice(["history", *LIVE]))
@click.option("--school-year", "year", required=True, help="Written 2026-27; it begins 1 August.")
@click.option("--school", "school", help="Number, code or id of one school; all schools without it.")
@click.option("--format", "form", type=click.Choice(list(TYPES)), required=True, help="What to write.")
@click.option(
    "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A file instead of stdout."
)
def report(name: str, year: str, school: str | None, form: str, output: Path | None) -> None:
    """Write one report of a school year."""
    try:
        with force_locale("en"), telling(f"counting {year}"), target(output) as stream:
            with reports_reading():
                found = _report(name, year, school)
            stream.write(rendered(found, form))
            note_command(SYSTEM, found, form, year, clock.now())
    except Refused as refused:
        _refuse(refused.field, refused.message, form)
    except SQLAlchemyError:
        _refuse("database", "The database cannot be read or has no schema yet. Run: flask db upgrade", form)
    except OSError as error:
        _refuse("output", f"{output or 'The output'} cannot be written: {error.strerror}", form)


@group.command("recount")
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def recount_all(as_json: bool) -> None:
    """Count every school's daily figures anew. It may be stopped at any point; run again, it goes on from there."""
    done: dict[str, Any] = {"schools": 0, "finished": False}
    while not done["finished"]:
        step = recount(clock.now(), STEP_SECONDS)
        done = {"schools": done["schools"] + step["schools"], "finished": step["finished"]}
        click.echo(f"{done['schools']} schools counted", err=True)
    if as_json:
        click.echo(json.dumps(done))


def _report(name: str, year: str, school: str | None) -> Report:
    scope = scope_of(None, year, today_at(None, clock.now()))
    if scope is None:
        raise click.BadParameter(
            f"{year} is not a school year that has begun; it is written 2026-27", param_hint="--school-year"
        )
    if name == "history":
        return history(year, None if school is None else _published_number(school, year))
    if school is None:
        return LIVE[name](SYSTEM, scope, None)
    found = school_named(SYSTEM, school)
    if found is None:
        raise Refused("school", f"There is no school {school}.")
    narrowed = scope_of(found[0], year, scope.today)
    assert narrowed is not None
    return LIVE[name](SYSTEM, narrowed, found[1])


def _published_number(text: str, year: str) -> str:
    """Return the text where it is a number published for the year (of a school that may be closed by now), else the
    number of the school of the roster that it names."""
    if schools_in(year, text):
        return text
    found = school_named(SYSTEM, text)
    school = get_school(found[0]) if found is not None else None
    return (school.identifier if school is not None else "") or text


def _refuse(field: str, message: str, form: str) -> NoReturn:
    if form == "json":
        click.echo(json.dumps({"error": {"field": field, "message": message}}, ensure_ascii=False, indent=2))
    click.echo(f"Refused: {message}", err=True)
    sys.exit(1)
