"""`python -m tests.faults.machines`: a district's machines as network namespaces, each killed in turn under load.

Prints a table: what was killed, what was lost and doubled, the seconds until it was well again. Then plants bugs that
the same kill must find. Skips, and says why, where there can be no namespaces. `--plant NAME` does that alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.machines.district import District
from tests.faults.machines.kills import STEADY, Kills, Row, Wrong
from tests.faults.machines.network import why_not
from tests.support.memory import keep_temporary_files_in_memory
from tests.support.postgres import binaries

PLANTS = {
    "acknowledge before commit": {"WSS_TEST_PLANT": "acknowledge before commit"},
    "commits that do not wait for the standby": {"PGOPTIONS": "-c synchronous_commit=local"},
}
HEADS = (
    "killed",
    "saves",
    "lost or doubled",
    "no one saved for",
    "longest that one of them waited",
    "no mail for",
    "second copies, each in the gap",
)


@contextmanager
def running(programs: Path, **web: str) -> Iterator[District]:
    """Give a district at work."""
    with tempfile.TemporaryDirectory(prefix="wss-machines-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        district = District(folder, programs, **web)
        try:
            district.begin()
            yield district
        finally:
            district.close()


def prove(programs: Path) -> list[Row]:
    """Kill each machine in turn. Raises Wrong, after the table."""
    with running(programs) as district:
        kills = Kills(district)
        try:
            kills.run()
        finally:
            print(table(kills.rows))
            print(f"\n{len(kills.load.acknowledged)} saves acknowledged, {kills.mails} mails")
        return kills.rows


def find(programs: Path, name: str) -> str:
    """Return what the oracle says of a planted bug when the primary dies. AssertionError when it does not find it."""
    with running(programs, **PLANTS[name]) as district:
        kills = Kills(district)
        time.sleep(STEADY)
        kills.kill_primary()
        kills.load.stop()
        try:
            kills.judge_saves()
        except Wrong as wrong:
            return str(wrong)
    raise AssertionError(f"{name} was not found")


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = [f"| {' | '.join(HEADS)} |", "|---" * len(HEADS) + "|"]
    for row in rows:
        seconds = [f"{one:.1f} s" for one in (row.without_a_save, row.longest_of_one, row.without_mail)]
        lines.append(f"| {' | '.join([row.killed, str(row.saves), str(row.lost), *seconds, str(row.in_the_gap)])} |")
    return "\n".join(lines)


def main() -> int:
    """Prove it and find the bugs; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="tests.faults.machines")
    parser.add_argument("--plant", choices=PLANTS)
    asked = parser.parse_args()
    programs = binaries()
    reason = why_not() or ("" if programs else "not installed: PostgreSQL's server programs")
    if reason or programs is None:
        print(f"machines: skipped, {reason}")
        return 0
    began = time.monotonic()
    try:
        if not asked.plant:
            prove(programs)
        for name in [asked.plant] if asked.plant else PLANTS:
            print(f"planted: {name}: {find(programs, name)}", flush=True)
    except Wrong as wrong:
        print(f"machines: {wrong}", file=sys.stderr)
        return 1
    print(f"\n{time.monotonic() - began:.0f} s, {time.strftime('%Y-%m-%d')}")
    return 0


if __name__ == "__main__":
    keep_temporary_files_in_memory()
    sys.exit(main())
