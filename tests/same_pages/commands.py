"""Writes down what every command says of itself, and what those with a document print."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner
from flask.cli import ScriptInfo, cli

from tests.same_pages.checkouts import OWN_ROOT, Stage, alone
from tests.same_pages.masking import masked

YEAR = "2026-27"
NEXT_SCHOOL_DAY = "2026-11-30T15:00:00+00:00"
FACTS = str(OWN_ROOT / "tests" / "same_pages" / "facts.json")
REPORTS = ("history", "core", "funnel", "harms", "notifications", "followups", "equity")
DOCUMENTS: tuple[tuple[str, ...], ...] = (
    ("permissions", "matrix", "--json"),
    ("reminders", "sweep", "--dry-run", "--json"),
    ("reminders", "sweep", "--json"),
    ("reminders", "sweep", "--now", NEXT_SCHOOL_DAY, "--json"),
    ("reminders", "deliver", "--json"),
    ("audit", "verify", "--json"),
    ("outcomes", "recount", "--json"),
    *(
        ("outcomes", "report", name, "--school-year", YEAR, "--format", kind)
        for name in REPORTS
        for kind in ("json", "csv")
    ),
    *(("export", name, "--school-year", YEAR, "--format", "json") for name in ("crdc", "state")),
    ("export", "edfi", "--school-year", YEAR),
    ("routing", "explain", FACTS, "--json"),
    ("routing", "explain", FACTS, "--json", "--lang", "es"),
    ("routing", "explain", FACTS),
    ("import", "oneroster", "no-such-folder", "--json"),
    ("import", "edfi", "no-such-file.xml", "--json"),
    ("reminders", "bounce", "no-such-file", "--json"),
)  # fmt: skip
"""Each is run on a copy of its own, so it may write there."""


def record_commands(app: Any, stage: Stage, out: Path) -> None:
    """Write one file for the help of each command, and one for each document."""
    out.mkdir(parents=True)
    script = ScriptInfo(create_app=lambda: app, set_debug_flag=False)
    helps = [(*path, "--help") for path in _commands(cli, click.Context(cli, info_name="flask", obj=script))]
    for arguments in helps:
        _write(script, out, arguments)
    for arguments in DOCUMENTS:
        alone(stage, lambda: _write(script, out, arguments))  # noqa: B023 - done before the next
    print(f"commands: {len(helps)} helps, {len(DOCUMENTS)} documents", flush=True)


def _commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, ...]]:
    """Yield the words of a command and of all below it."""
    yield ()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            below = _commands(found, click.Context(found, info_name=name, parent=context))
            yield from ((name, *words) for words in below)


def _write(script: ScriptInfo, out: Path, arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(cli, list(arguments), obj=script, prog_name="flask")
    shown = [Path(word).name if word == FACTS else word for word in arguments]
    line = " ".join(["flask", *shown])
    text = f"$ {line}\nexit {done.exit_code}\n\n{done.stdout}\n--- to stderr\n{done.stderr}"
    (out / f"{line}.txt".replace("/", "_")).write_text(masked(text), encoding="utf-8")
