"""`python -m tests.same_acts`: what the forms and buttons of a checkout write, and whether another writes the same.

`find REQUESTS` looks for a good, a stale, a refused and a forbidden post for each handler; `record OUT --requests
REQUESTS` sends them and writes a file for each; `compare A B` prints what differs between two recordings.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.same_pages.__main__ import OWN_ROOT, print_comparison

INSTANT = "2026-12-02T17:30:00+00:00"


def main(arguments: list[str]) -> int:
    """Carry out a command; 1 when two recordings differ or a recording fails, 2 when there is nothing to compare."""
    wanted = _parser().parse_args(arguments)
    if wanted.command == "compare":
        return print_comparison(wanted.first, wanted.second)
    return _work(wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.same_acts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    finding, recording = commands.add_parser("find"), commands.add_parser("record")
    finding.add_argument("requests", type=Path, help="a file of requests; those that it has stay")
    finding.add_argument("--only", nargs="*", default=[], help="endpoints to look for")
    finding.add_argument("--again", nargs="*", default=[], help="endpoints whose requests are followed once more")
    recording.add_argument("out", type=Path, help="a folder that is not there yet, or empty")
    recording.add_argument("--requests", type=Path, required=True)
    for command in (finding, recording):
        command.add_argument("--checkout", type=Path, default=OWN_ROOT, help="whose code is run")
        command.add_argument("--database", type=Path, required=True, help="SQLite file; its keys lie beside it")
        command.add_argument("--instant", default=INSTANT, help="when it always is (ISO, with its zone)")
    comparing = commands.add_parser("compare")
    comparing.add_argument("first", type=Path)
    comparing.add_argument("second", type=Path)
    return parser


def _work(wanted: argparse.Namespace) -> int:
    out = wanted.out.resolve() if wanted.command == "record" else None
    if out and out.exists() and any(out.iterdir()):
        print(f"{out} is not empty.", file=sys.stderr)
        return 2
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="wss-same-acts-", dir=memory) as folder:
        database = wanted.database.resolve()
        order = {
            "what": wanted.command,
            "checkout": str(wanted.checkout.resolve()),
            "database": str(database),
            "keys": str(database.parent),
            "folder": str(Path(folder) / "instance"),
            "out": str(out or ""),
            "requests": str(wanted.requests.resolve()),
            "only": " ".join(getattr(wanted, "only", ())),
            "again": " ".join(getattr(wanted, "again", ())),
            "instant": wanted.instant,
        }
        log = Path(folder) / "log"
        with log.open("wb") as stream:
            done = subprocess.run(
                [sys.executable, "-m", "tests.same_acts.worker", json.dumps(order)],
                cwd=OWN_ROOT, stderr=stream, check=False,
            )  # fmt: skip
        if done.returncode:
            print(*log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:], sep="\n", file=sys.stderr)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
