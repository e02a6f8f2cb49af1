"""`flask outcomes`: reports for whoever runs the system."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common import JSON, SCHOOL, YEAR, chosen_scope, refusals, refuse, target, telling
from wss_cases.foundation import clock
from wss_cases.foundation.connecting import reports_reading
from wss_cases.outcomes.counting.daily_figures.actions import recount
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.outcomes.documents import TYPES, Report, rendered
from wss_cases.outcomes.exports.export_log import note_command
from wss_cases.outcomes.exports.report_files import LIVE, history
from wss_cases.outcomes.published.queries import schools_in
from wss_cases.roster.directory.queries import get_school

STEP_SECONDS = 2.0
"""How long the count goes on between two words of progress."""

group = AppGroup("outcomes", help="Outcomes and the published history.")


@group.command("report")
@click.argument("name", type=click.Choice(["history", *LIVE]))
@YEAR
@SCHOOL
@click.option("--format", "form", type=click.Choice(list(TYPES)), required=True, help="What to write.")
@click.option(
    "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A file instead of stdout."
)
def report(name: str, year: str, school: str | None, form: str, output: Path | None) -> None:
    """Write one report of a school year."""
    as_json = form == "json"
    try:
        with refusals(as_json), telling(f"counting {year}"), target(output) as stream:
            with reports_reading():
                chosen = _report(name, year, school)
            stream.write(rendered(chosen, form))
            note_command(SYSTEM, chosen, form, year, clock.now())
    except OSError as error:
        refuse("output", f"{output or 'The output'} cannot be written: {error.strerror}", as_json)


@group.command("recount")
@JSON
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
    if name == "history":
        chosen_scope(year, None)
        return history(year, None if school is None else _published_number(school, year))
    return LIVE[name](SYSTEM, *chosen_scope(year, school))


def _published_number(text: str, year: str) -> str:
    """Return the text where it is a number published for the year (of a school that may be closed by now), else the
    number of the school of the roster that it names."""
    if schools_in(year, text):
        return text
    named = school_named(SYSTEM, text)
    school = get_school(named[0]) if named is not None else None
    return (school.identifier if school is not None else "") or text
