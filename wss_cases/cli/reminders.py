"""`flask reminders`: queue what has come due, and send what waits."""

import json
from datetime import UTC, datetime

import click
from flask.cli import AppGroup

from wss_cases.casework.actions_sweep import sweep as sweep_at
from wss_cases.foundation import clock
from wss_cases.notices.actions import deliver as deliver_at

group = AppGroup("reminders", help="Reminders: queue what has come due, send what waits.")


@group.command("sweep")
@click.option(
    "--now", "instant", default="", metavar="ISO", help="Sweep for this instant, e.g. 2026-12-01T06:30-06:00."
)
@click.option("--dry-run", is_flag=True, help="Say what would be queued; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def sweep(instant: str, dry_run: bool, as_json: bool) -> None:
    """Queue reminders that have come due, each once, on any day."""
    counts = sweep_at(_instant(instant), dry_run)
    if as_json:
        click.echo(json.dumps(counts))
        return
    words = "would be queued" if dry_run else "queued"
    click.echo(f"{counts['queued']} {words}, {counts['already']} were queued before.")


@group.command("deliver")
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
def deliver(as_json: bool) -> None:
    """Send the mail that waits and may go at this hour."""
    counts = deliver_at(clock.now())
    if as_json:
        click.echo(json.dumps(counts))
        return
    click.echo(
        f"{counts['sent']} sent, {counts['retry']} wait for another attempt, {counts['failed']} failed."
    )


def _instant(text: str) -> datetime:
    if not text:
        return clock.now()
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is not a date and time like 2026-12-01T06:30-06:00.") from error
