"""`flask notes`: privileged notes shredded on their day, and all that is sealed under the newest key. Shows no text."""

import json
import sys

import click
from flask.cli import AppGroup

from wss_cases.cli.common import JSON, SEALED, instant
from wss_cases.foundation import clock
from wss_cases.journal.key_rotation import rotate as rotate_at
from wss_cases.pathways.circles.notes.shredding import shred as shred_at
from wss_cases.pathways.circles.notes.shredding import would_shred

SEALED_NAMES = tuple(name for name, _model, _purpose in SEALED)

group = AppGroup("notes", help="Privileged notes of circles: keys and shredding. Never shows a text.")


@group.command("rotate")
@JSON
def rotate(as_json: bool) -> None:
    """Seal every sealed text, board reports too, under the newest key of WSS_KEYS; run it again if interrupted."""
    counts = rotate_at(SEALED, clock.now())
    if as_json:
        click.echo(json.dumps(counts))
    else:
        for name in SEALED_NAMES:
            of_table = counts[name]
            click.echo(
                f"{name}: {of_table['resealed']} sealed anew, {of_table['already']} were under the newest key, "
                f"{of_table['unreadable']} cannot be read with these keys."
            )
        if not counts["files"]["erased"]:
            click.echo("Somebody is reading: the older sealings are still in the database's files. Run it again.")
    unreadable = sum(counts[name]["unreadable"] for name in SEALED_NAMES)
    if unreadable:
        click.echo("Keep the older keys: without them these texts are lost.", err=True)
    if unreadable or not counts["files"]["erased"]:
        sys.exit(1)


@group.command("shred")
@click.option("--now", "text", default="", metavar="ISO", help="Shred for this instant, e.g. 2027-12-01T06:30-06:00.")
@click.option("--dry-run", is_flag=True, help="Say what would be shredded; write nothing.")
@JSON
def shred(text: str, dry_run: bool, as_json: bool) -> None:
    """Shred the notes whose day has come, never of a live circle or under a hold."""
    now = instant(text, "2027-12-01T06:30-06:00")
    counts = would_shred(now) if dry_run else shred_at(now)
    if as_json:
        click.echo(json.dumps(counts))
        return
    words = "would be shredded" if dry_run else "shredded"
    click.echo(f"{counts['shredded']} {words}, {counts['held']} kept by a hold.")
    if counts.get("waiting"):
        click.echo(
            f"{counts['waiting']} still to be erased from the database's files: somebody is reading. Run it again."
        )
