"""`flask reminders`: queue what has come due, send what waits, pause and release sending, take in what came back."""

import json
import sys
from typing import BinaryIO

import click
from flask.cli import AppGroup

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common import JSON, instant
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.mail import monitoring as control
from wss_cases.mail.bounces import read_report, take_bounce
from wss_cases.mail.delivery.queue import deliver as deliver_at
from wss_cases.mail.monitoring import pause_row
from wss_cases.workday.sweep import queued_before
from wss_cases.workday.sweep import sweep as sweep_at

group = AppGroup("reminders", help="Reminders: queue what has come due, send what waits, pause sending.")


@group.command("sweep")
@click.option("--now", "text", default="", metavar="ISO", help="Sweep for this instant, e.g. 2026-12-01T06:30-06:00.")
@click.option("--dry-run", is_flag=True, help="Say what would be queued; write nothing.")
@JSON
def sweep(text: str, dry_run: bool, as_json: bool) -> None:
    """Queue reminders that have come due, each once, on any day."""
    now = instant(text, "2026-12-01T06:30-06:00")
    already = queued_before(now)
    counts = sweep_at(now, dry_run) | {"already": already}
    if as_json:
        click.echo(json.dumps(counts))
        return
    words = "would be queued" if dry_run else "queued"
    click.echo(f"{counts['queued']} {words}, {counts['already']} were queued before.")


@group.command("deliver")
@JSON
def deliver(as_json: bool) -> None:
    """Send the mail that waits and may go at this hour; nothing while sending is paused."""
    counts = deliver_at(clock.now())
    if pause_row() is not None:
        click.echo("Sending is paused. To end that: flask reminders pause --release", err=True)
    if as_json:
        click.echo(json.dumps(counts))
        return
    click.echo(f"{counts['sent']} sent, {counts['retry']} wait for another attempt, {counts['failed']} failed.")


@group.command("pause")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands on System and in the audit log.")
@click.option("--release", is_flag=True, help="Let mail go again.")
@JSON
def pause(reason: str, release: bool, as_json: bool) -> None:
    """Send nothing at all until --release, urgent mail included; what comes due is still queued."""
    if release == bool(reason.strip()):
        raise click.UsageError("Give either --reason TEXT or --release.")
    now = clock.now()
    try:
        with force_locale("en"):
            if release:
                control.release(SYSTEM, now)
            else:
                control.pause(SYSTEM, reason, now)
    except Refused as refused:
        if as_json:
            click.echo(json.dumps({"paused": not release, "problem": refused.message}))
        click.echo(refused.message, err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"paused": not release}))
    else:
        click.echo("Mail goes out again." if release else "Mail is paused.")


@group.command("bounce")
@click.argument("file", type=click.File("rb"))
@JSON
def bounce(file: BinaryIO, as_json: bool) -> None:
    """Take in FILE ('-': standard input), a mail server's report (RFC 3464) that a mail came back.

    Who is named in it stands on System and with their school's administrators until mail arrives again. A report that
    says "delayed", or is about no mail of ours, changes nothing.
    """
    try:
        taken = take_bounce(read_report(file.read()), clock.now())
    except ValueError as error:
        if as_json:
            click.echo(json.dumps({"problem": str(error)}))
        click.echo(f"{file.name}: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"failing": [{"address": one.address, "status": one.status} for one in taken]}))
        return
    for one in taken:
        click.echo(f"Mail to {one.address} does not arrive ({one.status}).")
    if not taken:
        click.echo("Nothing of ours came back.")
