"""What every command shares: refusals and exit codes, JSON and notes, the school and the instant of its options."""

import csv
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NoReturn

import click
from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.credentials import PURPOSE as SECOND_FACTOR
from wss_cases.accounts.credentials import SecondFactor
from wss_cases.accounts.sealed_boxes import PURPOSE as SEALED_BOX
from wss_cases.accounts.sealed_boxes import SealingKey
from wss_cases.accounts.sign_in.saved_forms import PURPOSE as KEPT_FORM
from wss_cases.accounts.sign_in.saved_forms import KeptForm
from wss_cases.attachments.attachment import Attachment
from wss_cases.attachments.handling import PURPOSE as ATTACHMENT
from wss_cases.board.stored_reports import BOARD_REPORTS
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.presenters import PURPOSE as SAID
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.files.whole_file import whole_file
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.operations import reach
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.settings import setting
from wss_cases.intake.offline.models import PURPOSE as OFFLINE_ENTRY
from wss_cases.intake.offline.models import OfflineEntry
from wss_cases.journal.key_rotation import Tables
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.push.rules import PURPOSE as PUSH
from wss_cases.mail.push.rules import PushDevice
from wss_cases.mail.webhooks.messages import PURPOSE as WEBHOOK
from wss_cases.mail.webhooks.messages import WebhookSecret
from wss_cases.outcomes.collections.federal import FEDERAL_DIGITS, STATE_DIGITS, Known, Numbers, are_digits
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.outcomes.counting.scope.rules import Scope, scope_of
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.rules import PERIOD
from wss_cases.pathways.circles.notes.rules import PURPOSE as NOTE
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.circles.questionnaires.pages import PURPOSE as ANSWER
from wss_cases.plans.plan.paper import PLAN_PDFS
from wss_cases.surveys.rounds import PURPOSE as SURVEY
from wss_cases.surveys.rounds import SurveyTally

JSON = click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
YEAR = click.option("--school-year", "year", required=True, help="Written 2026-27.")
SCHOOL = click.option("--school", help="Number, code or id of one school; all schools without it.")
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
UNREADABLE = "The database cannot be read or has no schema yet. Run: flask db upgrade"
UNWRITABLE = "The database cannot be written or has no schema yet. Run: flask db upgrade"


def show(document: Any, indent: int | None = 2) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=indent))


def refuse(field: str, message: str, as_json: bool = False) -> NoReturn:
    """Print why a command is refused, as JSON where that was chosen, and exit with status 1."""
    if as_json:
        show({"error": {"field": field, "message": message}})
    click.echo(f"Refused: {message}", err=True)
    sys.exit(1)


@contextmanager
def refusals(as_json: bool = False, of_database: str = "database") -> Iterator[None]:
    """Speak English inside the block, and refuse the command when the rules or the database refuse."""
    try:
        with force_locale("en"):
            yield
    except Refused as refused:
        refuse(refused.field, refused.message, as_json)
    except SQLAlchemyError:
        refuse(of_database, UNREADABLE, as_json)


def run_command(*arguments: str) -> None:
    """Run another command of this application in this process, which is faster than starting Python again."""
    current_app.cli.main(args=list(arguments), prog_name="flask", standalone_mode=False)


def note(now: datetime, action: str, about: str, object_id: int | None = None, changes: Any = None) -> None:
    """Write the audit row of a command, in a unit of work of its own."""
    with unit_of_work(SYSTEM, now) as uow:
        uow.audit(action, about, object_id, changes)


def instant(text: str, example: str) -> datetime:
    """The instant of --now, UTC where it names no zone; the present without it. Raises BadParameter."""
    if not text:
        return clock.now()
    try:
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is not a date and time like {example}.") from error


def chosen_school(text: str) -> tuple[int, str]:
    """(id, name) of the school that --school names. Raises Refused when there is none."""
    school = school_named(SYSTEM, text)
    if school is None:
        raise Refused("school", f"There is no school {text}.")
    return school


def chosen_scope(year: str, school: str | None) -> tuple[Scope, str | None]:
    """The scope of --school-year and --school, and the school's name, None for all schools.

    Raises BadParameter for a school year that has not begun, Refused for an unknown school.
    """
    scope = scope_of(None, year, today_at(None, clock.now()))
    if scope is None:
        words = f"{year} is not a school year that has begun; it is written 2026-27"
        raise click.BadParameter(words, param_hint="--school-year")
    if school is None:
        return scope, None
    school_id, name = chosen_school(school)
    return replace(scope, school_id=school_id), name


NO_DATABASE: Final = "The database cannot be reached."
BUSY: Final = "Somebody else holds what is needed in the database. Try again when that has ended."
FULL: Final = "Nothing is left on the database's disk. Make room, and try again."
RIGHTS: Final = "The role in DATABASE_URL may not do this. Run it as {who}."
STANDBY: Final = "The database that DATABASE_URL leads to is only read. Name the one that is written."
NOT_MINE: Final = "The database's file may not be written by whoever runs this. Run it as the file's owner."
DAMAGED: Final = "The database's file is damaged. Restore a backup into a new one."
CAUSES: Final = {
    "08": NO_DATABASE,
    "57P": NO_DATABASE,
    "53300": "The database takes no more connections. Try again when some are free.",
    "53100": FULL,
    "SQLITE_FULL": FULL,
    "42501": RIGHTS,
    "25006": STANDBY,
    "SQLITE_READONLY": NOT_MINE,
    "SQLITE_PERM": NOT_MINE,
    "55P03": BUSY,
    "40": BUSY,
    "SQLITE_BUSY": BUSY,
    "SQLITE_LOCKED": BUSY,
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_NOTADB": DAMAGED,
    "SQLITE_CANTOPEN": NO_DATABASE,
}
"""How PostgreSQL's states and SQLite's names of errors begin, and what each means to whoever reads it."""


def words_of(error: SQLAlchemyError, who: str) -> str:
    """Why the database refused; `who` names a role that may, where the present one may not."""
    driver = getattr(error, "orig", None)
    code = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None) or ""
    for beginning, words in CAUSES.items():
        if code.startswith(beginning):
            return words.format(who=who)
    if not code and isinstance(error, OperationalError | InterfaceError | NoneFree):
        return NO_DATABASE
    return f"The database does not take it: {_named(driver or error, code)}."


def _named(error: BaseException, code: str) -> str:
    """An error's class, code and violated constraint: only names of the schema."""
    broken = getattr(error, "diag", None)
    rule = getattr(broken, "constraint_name", None)
    table = getattr(broken, "table_name", None)
    about = [code, f"rule {rule}" if rule else "", f"table {table}" if table else ""]
    return ", ".join([type(error).__name__, *filter(None, about)])


Say = Callable[[str], None]


@contextmanager
def telling(words: str) -> Iterator[Say]:
    """Print progress on the error output every few seconds; nothing when the block ends within a moment.

    Calling the yielded function changes the words. The seconds count on by themselves during a long statement.
    """
    doing, ended, began = [words], threading.Event(), time.monotonic()
    every = setting("PROGRESS_SECONDS")

    def tell() -> None:
        while not ended.wait(every):
            click.echo(f"{doing[0]} ({time.monotonic() - began:.0f} s)", err=True)

    def say(now: str) -> None:
        doing[0] = now

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield say
    finally:
        ended.set()
        teller.join()


@contextmanager
def target(output: Path | None) -> Iterator[IO[bytes]]:
    """A stream to write to; at the end all of it goes to the file or to stdout, or nothing."""
    if output is not None:
        with whole_file(output) as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as spool:
        yield spool
        reach("file.before_name")
        spool.seek(0)
        shutil.copyfileobj(spool, sys.stdout.buffer)


COLUMNS: Final = ("school_id", "federal", "state")


def school_numbers(path: Path | None) -> Known:
    """The rows of a CSV file of `school_id`, `federal` and `state`. Raises Refused, naming the line, for a wrong
    one."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if set(COLUMNS) - set(reader.fieldnames or ()):
                raise Refused("ids", f"{path.name} needs the columns {', '.join(COLUMNS)}.")
            return _known([[(row[name] or "").strip() for name in COLUMNS] for row in reader])
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("ids", f"{path.name} is no CSV file in UTF-8.") from error


def _known(rows: list[list[str]]) -> dict[str, Numbers]:
    known: dict[str, Numbers] = {}
    for line, (school, federal, state) in enumerate(rows, 2):
        for name, digits, most in (("federal", federal, FEDERAL_DIGITS), ("state", state, STATE_DIGITS)):
            if digits and not (are_digits(digits) and len(digits) == most):
                raise Refused("ids", f"Line {line}: {name} has {most} digits, not {digits!r}.")
        if not school or school in known:
            raise Refused("ids", f"Line {line}: each line names one school, and each school once.")
        known[school] = Numbers(federal, state)
    return known


SEALED: Final[Tables] = (
    ("notes", CircleNote, NOTE),
    ("keeper_periods", CircleKeeper, PERIOD),
    ("questionnaires", Questionnaire, ANSWER),
    ("check_ins", FollowUp, SAID),
    ("second_factors", SecondFactor, SECOND_FACTOR),
    ("kept_forms", KeptForm, KEPT_FORM),
    ("sealing_keys", SealingKey, SEALED_BOX),
    ("offline_entries", OfflineEntry, OFFLINE_ENTRY),
    ("board_reports", BOARD_REPORTS.model, BOARD_REPORTS.purpose),
    ("plan_pdfs", PLAN_PDFS.model, PLAN_PDFS.purpose),
    ("webhook_secrets", WebhookSecret, WEBHOOK),
    ("push_devices", PushDevice, PUSH),
    ("attachments", Attachment, ATTACHMENT),
    ("survey_tallies", SurveyTally, SURVEY),
)
