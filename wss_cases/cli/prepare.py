"""`flask prepare`: what `make run` does before it starts: schema, and a small demo district where there is nothing."""

import click
from flask import current_app
from sqlalchemy import select

from wss_cases.accounts.account.models import UserAccount
from wss_cases.cli.demo import print_accounts
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting

SMALL_DISTRICT = ("--schools", "4", "--students", "2000", "--incidents", "360", "--years", "2", "--seed", "1")


@click.command("prepare")
def group() -> None:
    """Bring the schema up to date; load a small demo district when nobody has an account yet, except in production.

    Either way the demo accounts are printed, where there are any.
    """
    command("db", "upgrade")
    empty = db.session.execute(select(UserAccount.id).limit(1)).first() is None
    if empty and setting("WSS_ENV") != "production":
        db.session.remove()
        command("demo", "load", *SMALL_DISTRICT)
    else:
        print_accounts()


def command(*arguments: str) -> None:
    """Run another command of this application in this process: starting Python again takes longer than the work."""
    current_app.cli.main(args=list(arguments), prog_name="flask", standalone_mode=False)
