"""`flask doctor`: problems an operator should know before people do, each with what to do about it. Writes nothing."""

import json
import shutil
import smtplib
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import click
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.cli.common import DAMAGED, JSON, SEALED, words_of
from wss_cases.foundation import clock
from wss_cases.foundation.connecting import reports_database
from wss_cases.foundation.database import schema_command
from wss_cases.foundation.db import database_now, db
from wss_cases.foundation.keys import key_names
from wss_cases.foundation.operations import INSTALL, not_loadable, pango_is_here
from wss_cases.foundation.settings import setting
from wss_cases.journal.audit.actions import last_seal
from wss_cases.journal.audit.rules import PURPOSE, keyring
from wss_cases.journal.rooms import Room
from wss_cases.mail.common.rules import queue_depth
from wss_cases.mail.delivery.transport import Post
from wss_cases.mail.monitoring import failed_watches, standing
from wss_cases.mail.webhooks.messages import failing
from wss_cases.setup.checklist import CHECKS, Level

CLOCKS_APART = timedelta(seconds=5)
INSTALL_LIBRARIES = "Run: .venv/bin/pip install --require-hashes --no-deps -r requirements.lock"
LITTLE_SPACE = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One check: `level` is ok, warning (works, but needs attention) or bad (something fails or is unsafe)."""

    level: str
    what: str
    words: str


ok, warning, bad = partial(Finding, "ok"), partial(Finding, "warning"), partial(Finding, "bad")


@click.command("doctor")
@JSON
def group(as_json: bool) -> None:
    """Look at database, keys, scheduler, mail and what a district must set; ends with 1 when something is bad."""
    findings = list(examine(clock.now()))
    if as_json:
        click.echo(json.dumps({"findings": [asdict(one) for one in findings]}, indent=1))
    else:
        for one in findings:
            click.echo(f"{one.level:8} {one.what}: {one.words}")
    if any(one.level == "bad" for one in findings):
        sys.exit(1)


def examine(now: datetime) -> Iterator[Finding]:
    """Yield the findings; ends after the database's when it cannot be used."""
    try:
        command = schema_command()
        if command:
            yield bad("database", f"Its schema and this release do not match. Run: {command}")
            return
        with db.engine.connect() as connection:
            yield _database(connection)
        for look in LOOKS:
            yield look(now)
        for check in CHECKS:
            found = check.look(now)
            answers = ANSWERS.get(check.key) if found.level is Level.OK else None
            yield answers() if answers else Finding(found.level.value, check.key, found.words)
    except SQLAlchemyError as error:
        damaged = words_of(error, "") == DAMAGED
        yield bad("database", DAMAGED if damaged else "It cannot be reached at DATABASE_URL, or does not answer.")


def _database(connection: Connection) -> Finding:
    if connection.dialect.name != "sqlite":
        version = connection.execute(text("SHOW server_version")).scalar_one()
        return ok("database", f"PostgreSQL {version} answers; the schema is this release's.")
    problems = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if problems != "ok":
        return bad("database", DAMAGED)
    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        return bad("database", "Rows point to rows that are not there. Restore a backup into a new file.")
    if connection.execute(text("PRAGMA journal_mode")).scalar_one() != "wal":
        return bad("database", "SQLite cannot keep its log beside the file: is it on a network drive?")
    return ok("database", "The SQLite file is whole; the schema is this release's.")


def _reports(_now: datetime) -> Finding:
    copy = reports_database()
    if copy is None:
        return ok("reports", "REPORTS_DATABASE_URL is not set: reports read from DATABASE_URL.")
    if copy.answers():
        return ok("reports", "Reports read from REPORTS_DATABASE_URL, which answers.")
    return warning(
        "reports", "REPORTS_DATABASE_URL does not answer or is far behind: reports read from DATABASE_URL instead."
    )


def _standby(now: datetime) -> Finding:
    state = standing(now).standby(bool(setting("WATCH_DATABASE_URL")))
    if state == "missing":
        return bad("standby", "What is saved is kept on one machine only: no standby follows. See System.")
    if state == "none":
        return ok("standby", "WATCH_DATABASE_URL is not set: no standby is watched.")
    if state == "unknown":
        why = "; ".join(f"{row.name}: {row.failed_with}" for row in failed_watches(now)) or "No scheduler looks."
        return bad("standby", f"Nobody sees whether one is missing; saving would stop without it. {why}")
    return ok("standby", "None is missing.")


def _clocks(_now: datetime) -> Finding:
    apart = abs(clock.now() - database_now())
    words = f"This machine's clock and the database's are {apart.total_seconds():.0f} seconds apart."
    if apart > CLOCKS_APART:
        return warning("clock", f"{words} Let both follow a time server.")
    return ok("clock", words)


def _keys(_now: datetime) -> Finding:
    missing = 0
    for _name, model, purpose in SEALED:
        # board reports made before key names were stored have none
        at_hand = [*key_names(setting("WSS_KEYS"), purpose), ""]
        sealed = model.sealed_text.is_not(None) & model.key_name.not_in(at_hand)
        missing += db.session.scalar(select(func.count()).select_from(model).where(sealed)) or 0
    if missing:
        return bad("keys", f"{missing} sealed texts cannot be opened. Put the older key back behind the newest.")
    return ok("keys", "Every sealed text can be opened.")


def _audit(now: datetime) -> Finding:
    seal = last_seal(db.session)
    if seal is None:
        return warning("audit log", "Nothing is sealed yet; the scheduler does it once a minute.")
    if seal.key_id not in keyring(setting("WSS_KEYS").derived(PURPOSE)):
        return bad("audit log", "The key of its last seal is not here: it cannot be verified.")
    minutes = max(0, int((now - seal.sealed_at).total_seconds()) // 60)
    return ok("audit log", f"Last sealed {minutes} minutes ago. To follow the chain: flask audit verify")


def _queue(now: datetime) -> Finding:
    if standing(now).paused_since is not None:
        return warning("queue", "Mail is paused. To end that: flask reminders pause --release")
    failed = queue_depth()["failed"]
    if failed:
        return warning("queue", f"{failed} mails failed for good. See System, and try again.")
    return ok("queue", "No mail has failed.")


def _webhooks(_now: datetime) -> Finding:
    if names := failing():
        return warning("webhooks", f"Events do not arrive at: {', '.join(names)}. See Setup, Settings, Webhooks.")
    return ok("webhooks", "No webhook fails.")


def _mail() -> Finding:
    post = Post(setting("SMTP_URL"), setting("MAIL_FOLDER"), setting("MAIL_SECONDS"))
    try:
        post.reach()
    except (OSError, smtplib.SMTPException) as error:
        return bad("mail", f"The mail server of SMTP_URL does not take us ({type(error).__name__}).")
    finally:
        post.close()
    return ok("mail", "The mail server answers.")


def _pdfs(_now: datetime) -> Finding:
    if pango_is_here():
        return ok("PDFs", "Pango is here; board reports can be made.")
    return warning(
        "PDFs",
        "Without Pango everything else runs; a report that is asked for says what is missing and offers its page, "
        f"which prints. Where the scheduler runs: {INSTALL}",
    )


def _libraries(_now: datetime) -> Finding:
    if missing := not_loadable():
        return bad("libraries", f"What few acts need cannot be loaded: {', '.join(missing)}. {INSTALL_LIBRARIES}")
    return ok("libraries", "Every library that is loaded when first needed is here.")


def _space(_now: datetime) -> Finding:
    path = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not path:
        return ok("space", "The database server looks after its own disk.")
    free = shutil.disk_usage(path).free
    words = f"{free / 1e9:.1f} GB are free beside the database."
    return bad("space", f"{words} Saving stops when nothing is left.") if free < LITTLE_SPACE else ok("space", words)


LOOKS: tuple[Callable[[datetime], Finding], ...] = (
    *(_reports, _standby, _clocks, _keys, _audit, _queue, _webhooks, _pdfs, _libraries, _space),
)
ANSWERS: dict[str, Callable[[], Finding]] = {"mail": _mail}
"""What of the list is set and in order a command looks at more closely than a page has time for."""


ROOM = Room(commands=(group,))
