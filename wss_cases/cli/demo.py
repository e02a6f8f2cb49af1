"""`flask demo`: a synthetic district to try the system with."""

import sys
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import Setting, UserAccount
from wss_cases.accounts.account.rules import password_problem
from wss_cases.accounts.credentials import hash_password, password_matches
from wss_cases.accounts.sign_in.sessions.pages import demo_accounts
from wss_cases.cli.common import UNWRITABLE
from wss_cases.demo.load import Size, make_district
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, db
from wss_cases.foundation.errors import Unavailable
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.settings import setting
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.models import School, StaffMember, Student

IS_DEMO = "data_is_demo"
LOADED = "yes"
UNFINISHED = "unfinished"
MOST_INCIDENTS = 5_000
CONSONANTS, VOWELS = "bdfgklmnprstvzhj", "aeiou"
SYLLABLES = 9
"""Three words of three syllables: about 56 bits, 26 characters with the spaces between."""

group = AppGroup("demo", help="A synthetic district to try the system with.")


@group.command("load")
@click.option("--schools", type=click.IntRange(1, 2000), default=4, show_default=True)
@click.option("--students", type=click.IntRange(1, 2_000_000), default=2000, show_default=True, help="In all.")
@click.option("--incidents", type=click.IntRange(0), default=600, show_default=True, help="In all.")
@click.option("--years", type=click.IntRange(1, 20), default=2, show_default=True, help="This and the ones before.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same district.")
def load(schools: int, students: int, incidents: int, years: int, seed: int) -> None:
    """Fill an empty database with invented schools, people, incidents and cases."""
    if students < 4 * schools:
        raise click.BadParameter("a school needs at least 4 students", param_hint="--students")
    if incidents > MOST_INCIDENTS:
        words = f"at most {MOST_INCIDENTS:,}: its people do each act; `make bench` fills a whole district"
        raise click.BadParameter(words, param_hint="--incidents")
    password = demo_password()
    with force_locale("en"):
        problem = password_problem(password, "", "") or _in_the_way()
        if problem:
            _stop(problem)
        _note(insert(Setting).values(key=IS_DEMO, value=UNFINISHED))
        size = Size(schools, students, incidents, years, seed)
        try:
            _make(size, hash_password(password))
        except Unavailable as error:
            _stop(f"{error} Run: {error.command}")
        _note(update(Setting).where(Setting.key == IS_DEMO).values(value=LOADED))
    click.echo(f"Loaded {_rows():,} rows: {students:,} students, {incidents:,} incidents.")
    print_accounts()


def demo_password() -> str:
    """WSS_DEMO_PASSWORD, else one derived from this installation's keys."""
    given: str = setting("WSS_DEMO_PASSWORD")
    if given:
        return given
    numbers = setting("WSS_KEYS").derived("demo password")[0]
    letters = [
        CONSONANTS[one % len(CONSONANTS)] + VOWELS[other % len(VOWELS)]
        for one, other in zip(numbers[::2], numbers[1::2], strict=True)
    ][:SYLLABLES]
    return " ".join("".join(letters[at : at + 3]) for at in range(0, SYLLABLES, 3))


def print_accounts() -> None:
    """Print the demo accounts and their password; nothing where the data are not demo data."""
    addresses = demo_accounts()
    if not addresses:
        return
    password = demo_password()
    stored = db.session.scalar(select(UserAccount.password_hash).where(UserAccount.email == addresses[0]))
    click.echo("Demo accounts (every person is invented):")
    for address in addresses:
        click.echo(f"  {address}")
    if password_matches(stored, password):
        click.echo(f"Password of each: {password}")
    else:
        click.echo("Password of each: the one that was printed or set when the district was loaded.")


def _in_the_way() -> str:
    """Why nothing may be loaded here, or ''."""
    if setting("WSS_ENV") == "production":
        return "WSS_ENV=production: the demo district's accounts share one password and are not loaded here."
    try:
        state = db.session.scalar(select(Setting.value).where(Setting.key == IS_DEMO))
        real = any(
            db.session.execute(select(model.id).limit(1)).first()
            for model in (School, Student, StaffMember, UserAccount)
        )
    except SQLAlchemyError:
        return UNWRITABLE
    if state == LOADED:
        return "The demo district is loaded already."
    if state == UNFINISHED:
        return "An earlier load did not finish. Load the demo district into a new, empty database."
    if real:
        return "There are real schools or people here. The demo district is only loaded into an empty database."
    return ""


def _make(size: Size, password_hash: str) -> None:
    with click.progressbar(length=100, label="Making the demo district", file=sys.stderr) as bar:
        make_district(size, password_hash, clock.now(), lambda over: bar.update(int(100 * over) - bar.pos))
        bar.update(100 - bar.pos)


def _rows() -> int:
    counts = (select(func.count()).select_from(table) for table in Base.metadata.sorted_tables)
    return sum(db.session.scalar(counted) or 0 for counted in counts)


def _note(statement: Any) -> None:
    with unit_of_work(SYSTEM, clock.now()) as uow:
        uow.session.execute(statement)
        uow.audit("demo.noted", "setting", None)


def _stop(message: str) -> None:
    click.echo(message, err=True)
    sys.exit(1)
