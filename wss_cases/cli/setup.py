"""`flask setup`: the first two system administrators of an empty installation."""

from dataclasses import asdict

import click

from wss_cases.cli.common import JSON, refusals, run_command, show
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.school_time import DEFAULT_ZONE
from wss_cases.foundation.settings import setting
from wss_cases.setup.first_start import FirstStart, Person, name_of, refuse_unsound, set_up


@click.command("setup")
@click.option("--district", required=True, help="The district's name.")
@click.option("--admin", "admins", multiple=True, required=True, help="An administrator's address; give two.")
@click.option("--time-zone", default=DEFAULT_ZONE, show_default=True, help="The district's time zone.")
@JSON
def group(district: str, admins: tuple[str, ...], time_zone: str, as_json: bool) -> None:
    """Bring the schema up to date and print a one-time link for each of the first two system administrators.

    Refused where anybody has an account.
    """
    start = FirstStart(district, time_zone, tuple(Person(email, name_of(email)) for email in admins))
    with refusals(as_json):
        try:
            refuse_unsound(start)
            run_command("db", "upgrade")
            links = set_up(start, clock.now())
        except Refused as refused:
            of_address = refused.field.startswith("email")
            raise Refused("admin" if of_address else refused.field, refused.message) from None
    if as_json:
        show({"district": district.strip(), "links": [asdict(link) for link in links]})
        return
    click.echo(f"{district.strip()} is set up, in the time zone {time_zone}.")
    click.echo("Each link works once, for seven days; with it a person chooses a password:")
    for link in links:
        click.echo(f"  {link.email}  {link.url}")
    if not setting("SMTP_URL"):
        click.echo("No mail server is set (SMTP_URL), so give each person the link yourself.")
    click.echo("What is still missing says Setup after signing in, and: flask doctor")
