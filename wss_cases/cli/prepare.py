"""`flask prepare`: what `make run` does before it starts: the schema, and where there is nothing a small demo district.

With WSS_DEMO=off, and in production, it says instead where the first two administrators begin.
"""

from urllib.parse import quote

import click

from wss_cases.accounts.managed_accounts import has_begun
from wss_cases.cli.common import run_command
from wss_cases.cli.demo import print_accounts
from wss_cases.foundation.db import db
from wss_cases.foundation.pages import link
from wss_cases.foundation.settings import setting
from wss_cases.setup.first_start import made_token

SMALL_DISTRICT = ("--schools", "4", "--students", "2000", "--incidents", "360", "--years", "2", "--seed", "1")


@click.command("prepare")
def group() -> None:
    """Bring the schema up to date; where nobody has an account yet, load a small demo district, or say how to begin.

    The demo accounts are printed, where there are any.
    """
    run_command("db", "upgrade")
    if has_begun():
        print_accounts()
        return
    db.session.remove()
    if setting("WSS_ENV") != "production" and setting("DEMO") == "on":
        run_command("demo", "load", *SMALL_DISTRICT)
    else:
        click.echo(f"Nobody has an account yet. Begin here: {link(f'/setup?token={quote(made_token())}')}")
