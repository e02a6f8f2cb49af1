"""`python -m tests.same_pages`: what pages and commands of a checkout say, and whether another says the same.

`record OUT` writes a file for each role, language and address that links reach; `record-commands OUT` one for each
command's help and document; `compare A B` prints what differs between two recordings and ends with 1 if anything does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.same_pages.comparing import compare, report
from tests.same_pages.pages import LANGUAGES, ROLES, VISITOR

OWN_ROOT = Path(__file__).resolve().parents[2]
INSTANT = "2026-11-27T17:00:00+00:00"


def main(arguments: list[str]) -> int:
    """Do what is asked; 1 when two recordings differ or a recording fails, 2 when there is nothing to compare."""
    wanted = _parser().parse_args(arguments)
    if wanted.command == "compare":
        return print_comparison(wanted.first, wanted.second)
    return _record(wanted)


def print_comparison(first: Path, second: Path) -> int:
    """Print what differs between two recordings; 1 if anything does, 2 when one of them is none."""
    try:
        result = compare(first, second)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(*report(result), sep="\n")
    return 0 if result.same else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.same_pages", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("record", "record-commands"):
        recording = commands.add_parser(name)
        recording.add_argument("out", type=Path, help="a folder that is not there yet, or empty")
        recording.add_argument("--checkout", type=Path, default=OWN_ROOT, help="whose code is recorded")
        recording.add_argument("--database", type=Path, help="SQLite file; the checkout's own without it")
        recording.add_argument("--keys", type=Path, help="folder of its keys; the database's without it")
        recording.add_argument("--instant", default=INSTANT, help="when it always is (ISO, with its zone)")
    pages = commands.choices["record"]
    pages.add_argument("--role", choices=(*ROLES, VISITOR), action="append", dest="roles")
    pages.add_argument("--language", choices=LANGUAGES, action="append", dest="languages")
    pages.add_argument("--per-route", type=int, default=12, help="addresses of one route")
    pages.add_argument("--per-filter", type=int, default=5, help="addresses with one filter of a route")
    comparing = commands.add_parser("compare")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    return parser


def _record(wanted: argparse.Namespace) -> int:
    out = wanted.out.resolve()
    if out.exists() and any(out.iterdir()):
        print(f"{out} is not empty.", file=sys.stderr)
        return 2
    checkout = wanted.checkout.resolve()
    database = (wanted.database or checkout / "instance" / "wss_cases.sqlite3").resolve()
    with tempfile.TemporaryDirectory(prefix="wss-same-pages-") as folder:
        order = {
            "what": wanted.command,
            "checkout": str(checkout),
            "database": str(database),
            "keys": str((wanted.keys or database.parent).resolve()),
            "folder": str(Path(folder) / "instance"),
            "out": str(out),
            "instant": wanted.instant,
            "roles": " ".join(getattr(wanted, "roles", None) or (*ROLES, VISITOR)),
            "languages": " ".join(getattr(wanted, "languages", None) or LANGUAGES),
            "per_route": str(getattr(wanted, "per_route", 0)),
            "per_filter": str(getattr(wanted, "per_filter", 0)),
        }
        log = Path(folder) / "log"
        with log.open("wb") as words:
            done = subprocess.run(
                [sys.executable, "-m", "tests.same_pages.worker", json.dumps(order)],
                cwd=OWN_ROOT, stderr=words, check=False,
            )  # fmt: skip
        if done.returncode:
            print(*log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:], sep="\n", file=sys.stderr)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
