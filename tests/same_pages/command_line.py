"""What the command lines of same pages and same acts share: a checkout's options, the recording process, `compare`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.same_pages.checkouts import OWN_ROOT, Stage
from tests.same_pages.comparing import compare, report


def full_path(text: str) -> Path:
    """Path of an argument; the recording process works in another folder."""
    return Path(text).resolve()


def make_parser(package: str, description: str | None) -> tuple[argparse.ArgumentParser, Any]:
    """Parser of a package's command line, and the commands to add to; `compare` is among them."""
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.set_defaults(worker=f"{package}.worker")
    commands = parser.add_subparsers(dest="what", required=True)
    comparing = commands.add_parser("compare")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    return parser, commands


def add_checkout(command: argparse.ArgumentParser, instant: str) -> None:
    """Add the options that say whose code works on which database, and when."""
    command.add_argument("--checkout", type=full_path, default=OWN_ROOT, help="whose code is run")
    command.add_argument("--database", type=full_path, help="SQLite file; the checkout's own without it")
    command.add_argument("--keys", type=full_path, help="folder of its keys; the database's without it")
    command.add_argument("--instant", default=instant, help="when it always is (ISO, with its zone)")


def add_out(command: argparse.ArgumentParser) -> None:
    """Add the folder of the recording."""
    command.add_argument("out", type=full_path, help="a folder that is not there yet, or empty")


def carry_out(arguments: argparse.Namespace) -> int:
    """Carry out a command; 1 when two recordings differ or a recording fails, 2 when there is nothing to compare."""
    if arguments.what == "compare":
        return _print_comparison(arguments.first, arguments.second)
    if "out" in arguments and arguments.out.exists() and any(arguments.out.iterdir()):
        print(f"{arguments.out} is not empty.", file=sys.stderr)
        return 2
    return _work(vars(arguments))


def stage_of(order: dict[str, Any]) -> Stage:
    """Stage that the order of a recording process describes."""
    paths = (Path(order[name]) for name in ("database", "keys", "folder"))
    return Stage(*paths, datetime.fromisoformat(order["instant"]))


def _print_comparison(first: Path, second: Path) -> int:
    try:
        result = compare(first, second)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(*report(result), sep="\n")
    return 0 if result.same else 1


def _work(arguments: dict[str, Any]) -> int:
    """Run the worker in a process of its own; the order that it gets holds all arguments by their names."""
    database = arguments["database"] or arguments["checkout"] / "instance" / "wss_cases.sqlite3"
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="wss-recording-", dir=memory) as folder:
        order = arguments | {
            "database": database,
            "keys": arguments["keys"] or database.parent,
            "folder": Path(folder) / "instance",
        }
        log = Path(folder) / "log"
        with log.open("wb") as stream:
            command = [sys.executable, "-m", arguments["worker"], json.dumps(order, default=str)]
            done = subprocess.run(command, cwd=OWN_ROOT, stderr=stream, check=False)
        if done.returncode:
            print(*log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:], sep="\n", file=sys.stderr)
    return 1 if done.returncode else 0
