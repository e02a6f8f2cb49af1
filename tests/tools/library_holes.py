"""`make audit`: compares both lists of libraries with known holes, and ends with 1 when one is new or past its time.

Needs the network and pip-audit, installed apart (`pipx install pip-audit`). A hole that is known and not yet mended
stands in docs/known-holes.txt, one to a line: its number, the day it was first seen, its days (3, 14 or 30), and what
is done.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.support.databases import ROOT

KNOWN = ROOT / "docs" / "known-holes.txt"
FRAMES = (3, 14, 30)
COMMAND = (
    "pip-audit",
    "-r",
    "requirements.lock",
    "-r",
    "tests/requirements.lock",
    "--no-deps",
    "--disable-pip",
    "--format",
    "json",
    "--progress-spinner",
    "off",
)


def deadlines(text: str) -> dict[str, date]:
    """Return the last day of each hole that is known. Raises ValueError for a line that is none."""
    found = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        number, seen, days, what = line.split(maxsplit=3)
        if int(days) not in FRAMES or not what:
            raise ValueError(f"{number}: days are one of {FRAMES}, and what is done is said")
        found[number] = date.fromisoformat(seen) + timedelta(days=int(days))
    return found


def problems(report: Mapping[str, Any], known: Mapping[str, date], today: date) -> list[str]:
    """Return what of a report of pip-audit may not stay: new holes, late ones, and what could not be compared."""
    found = []
    for library in report["dependencies"]:
        name = library["name"]
        if "skip_reason" in library:
            found.append(f"{name}: not compared ({library['skip_reason']})")
        for hole in library.get("vulns", ()):
            last, fixed = known.get(hole["id"]), ", ".join(hole["fix_versions"]) or "no version"
            if last is None:
                found.append(f"{name} {library['version']}: {hole['id']} is new, mended in {fixed}")
            elif today > last:
                found.append(f"{name} {library['version']}: {hole['id']} had to be mended by {last}, in {fixed}")
    return found if report["dependencies"] else ["nothing was compared"]


def main() -> int:
    """Run it; return the exit status."""
    if shutil.which(COMMAND[0]) is None:
        sys.stderr.write("pip-audit is not installed: pipx install pip-audit\n")
        return 2
    done = subprocess.run(COMMAND, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        sys.stderr.write(f"pip-audit gave no report:\n{done.stderr}")
        return 1
    found = problems(report, deadlines(KNOWN.read_text(encoding="utf-8")), date.today())
    sys.stdout.write("\n".join([*found, f"{len(report['dependencies'])} libraries, {len(found)} problems"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
