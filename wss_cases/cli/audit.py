"""`flask audit`: seal what was written, verify the chain, export its head and its rows, detach old months."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.cli.common import JSON, UNREADABLE, note, refuse, words_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.journal.audit.actions import EVERY_ROW
from wss_cases.journal.audit.actions import seal as seal_at
from wss_cases.journal.audit.queries import (
    FORMAT,
    VERIFIED,
    Broken,
    Verdict,
    head_document,
    note_wrong_clock,
    rows_after,
)
from wss_cases.journal.audit.queries import verify as verify_chain
from wss_cases.journal.audit.rules import GENESIS
from wss_cases.journal.months import Month, month_named
from wss_cases.journal.months import attach as attach_month
from wss_cases.journal.months import detach as detach_month

EXPORTED = "audit.exported"

group = AppGroup("audit", help="The audit chain: seal, verify, export its head.")


@group.command("seal")
@JSON
def seal(as_json: bool) -> None:
    """Seal every audit row that has no seal yet; the scheduler does the same once a minute."""
    try:
        counts = seal_at(clock.now(), EVERY_ROW)
    except SQLAlchemyError:
        _refuse(UNREADABLE, as_json)
    click.echo(json.dumps(counts) if as_json else f"{counts['sealed']} rows sealed.")
    if counts.get("unreadable"):
        click.echo("What cannot be read of a wrong clock was passed over. Run: flask audit verify", err=True)


@group.command("verify")
@click.option(
    "--head", "head_file", type=click.File("r", encoding="utf-8"), help="A head exported earlier ('-': standard input)."
)
@JSON
def verify(head_file: IO[str] | None, as_json: bool) -> None:
    """Follow the chain; ends with 1 and names the first row that is not as it was sealed.

    Without --head a chain that was cut off at its end looks whole.
    """
    number, digest = _head(head_file, as_json) if head_file is not None else (0, GENESIS)
    try:
        verdict = verify_chain(clock.now(), number, digest)
        note(clock.now(), VERIFIED, "audit_seal", None, {"ok": verdict.broken is None, "sealed": verdict.sealed})
    except SQLAlchemyError:
        _refuse(UNREADABLE, as_json)
    if as_json:
        click.echo(json.dumps(verdict.document()))
    else:
        click.echo(_words(verdict, head_file is not None), err=verdict.broken is not None)
    if verdict.broken is not None:
        sys.exit(1)


@group.command("detach")
@click.argument("month")
def detach(month: str) -> None:
    """Take a month (2019-03) that is older than WSS_AUDIT_YEARS out of the log, on PostgreSQL, as the schema's owner.

    The whole chain is verified first. The month's table stays in the schema wss_detached until you dump and drop it;
    its seals stay in the chain, and `verify` says which months went.
    """
    with _owners_work():
        rows = detach_month(_month(month), clock.now())
    table = _month(month).table
    click.echo(f"{month} is detached: {rows} rows are in wss_detached.{table}. Its seals stay in the chain.")


@group.command("attach")
@click.argument("month")
def attach(month: str) -> None:
    """Put a detached month back into the log, so that `verify` looks at its rows again."""
    with _owners_work():
        attach_month(_month(month), clock.now())
    click.echo(f"{month} is back in the audit log. Look at its rows: flask audit verify")


@group.command("note-clock")
@click.option("--reason", required=True, help="What was wrong with the clock, and since when it is right.")
def note_clock(reason: str) -> None:
    """Say in the log that a clock was wrong, where seals' times are all that `verify` finds fault with.

    Set the clock right and stop the schedulers first. What it says is signed and sealed; `verify` names it each time.
    """
    try:
        runs = note_wrong_clock(clock.now(), reason)
    except Refused as refused:
        _refuse(refused.message, False)
    except SQLAlchemyError:
        _refuse(UNREADABLE, False)
    click.echo(f"It is noted that a wrong clock made {_runs(runs)}. Follow the chain: flask audit verify")


@group.command("export-head")
def export_head() -> None:
    """Print the head of the chain, to be kept where whoever can change the database cannot."""
    try:
        document = head_document(clock.now())
        note(clock.now(), "audit.head_exported", "audit_seal", document["number"] or None)
    except SQLAlchemyError:
        _refuse(UNREADABLE, True)
    click.echo(json.dumps(document, indent=2))


@group.command("export")
@click.option("--since", type=click.IntRange(min=0), default=0, help="Only what was sealed after this number.")
def export(since: int) -> None:
    """Print the sealed rows as JSON lines, oldest first, for a log system elsewhere; the last line's number goes on.

    Ends with 1 at the first row that is not as it was sealed; what was printed before it is.
    """
    number, is_news = since, False
    try:
        for row in rows_after(clock.now(), since):
            if isinstance(row, Broken):
                click.echo(f"Broken: {row.words}.", err=True)
                sys.exit(1)
            click.echo(json.dumps(row))
            number, is_news = row["number"], is_news or row["action"] != EXPORTED
        if is_news:  # a row about rows that say the same would go on for ever
            note(clock.now(), EXPORTED, "audit_seal", number, {"since": since})
    except SQLAlchemyError:
        _refuse(UNREADABLE, False)


def _words(verdict: Verdict, to_head: bool) -> str:
    if verdict.broken is not None:
        return f"Broken: {verdict.broken.words}. {verdict.sealed} rows before it are as they were sealed."
    reached = "The exported head is among them. " if to_head else ""
    away = ", ".join(f"{month} ({rows})" for month, rows in verdict.detached.items())
    reached += f"Detached with their rows, and known by their seals alone: {away}. " if away else ""
    reached += f"Made by a wrong clock, as the log says: {_runs(verdict.clocks)}. " if verdict.clocks else ""
    tail = f"{verdict.unsealed} newer rows are not sealed yet and not covered."
    return f"{verdict.sealed} rows are as they were sealed. {reached}{tail}"


def _runs(runs: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"seals {first} to {last}" if first != last else f"seal {first}" for first, last in runs)


@contextmanager
def _owners_work() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        _refuse(refused.message, False)
    except SQLAlchemyError as error:
        _refuse(words_of(error, "the owner of the schema"), False)


def _month(words: str) -> Month:
    month = month_named(words)
    if month is None:
        _refuse(f"{words} is no month. Write it like 2019-03.", False)
    return month


def _head(file: IO[str], as_json: bool) -> tuple[int, str]:
    """Return the number and hash of an exported head."""
    try:
        document: Any = json.load(file)
        known = document["format"] == FORMAT
        number, digest = document["number"], document["hash"]
    except (ValueError, TypeError, KeyError):
        known, number, digest = False, 0, ""
    if not (known and isinstance(number, int) and isinstance(digest, str)):
        _refuse(f"{file.name} is not a head that `flask audit export-head` printed.", as_json)
    return number, digest


def _refuse(message: str, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"error": {"message": message}}))
    refuse("", message)
