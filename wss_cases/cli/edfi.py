"""`flask edfi`: sending discipline to an Ed-Fi ODS/API."""

import sys
from collections.abc import Mapping
from dataclasses import replace

import click
from flask.cli import AppGroup

from wss_cases.cli.common import JSON, SCHOOL, YEAR, chosen_scope, refusals, refuse, show
from wss_cases.foundation import clock
from wss_cases.outcomes.edfi.ods import Push
from wss_cases.outcomes.edfi.pushing import configured, push_edfi

group = AppGroup("edfi", help="Sending to an Ed-Fi ODS/API.")
NOT_TAKEN = 3
"""The exit status of a push that came to its end, and of which the server did not take everything."""


@group.command("push")
@YEAR
@SCHOOL
@click.option("--accept-shrink", is_flag=True, help="Delete there also where that is most of a school.")
@JSON
def push(year: str, school: str | None, accept_shrink: bool, as_json: bool) -> None:
    """Send the decided reports and removals of a school year to the ODS/API of the settings.

    What is unchanged since the last push is not sent again, and what was withdrawn is deleted there.
    """
    server = configured()
    if server is None:
        refuse("settings", "WSS_EDFI_URL is not set: there is no ODS/API to send to.", as_json)
    ods, chosen = server
    with refusals(as_json):
        scope, _name = chosen_scope(year, school)
        done = push_edfi(scope, clock.now(), ods, replace(chosen, accept_shrink=accept_shrink), _progress)
        document = done.as_document()
    if as_json:
        show(document)
    _tell(done, document["left_out"])
    sys.exit(1 if done.stopped else 0 if done.is_whole else NOT_TAKEN)


def _progress(done: int, whole: int) -> None:
    click.echo(f"school {done:,} of {whole:,}", err=True)


def _tell(done: Push, left_out: Mapping[str, int]) -> None:
    for name, counts in done.counts.items():
        if counts:
            click.echo(f"{name}: " + ", ".join(f"{number:,} {what}" for what, number in counts.items()), err=True)
    for resource, words in done.problems:
        click.echo(f"{resource}, {words}", err=True)
    for words, number in left_out.items():
        click.echo(f"left out – {words}: {number:,}", err=True)
