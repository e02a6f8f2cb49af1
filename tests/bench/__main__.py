"""`make bench`: how long each page takes on a demo district. Figures to read, never asserted.

`python -m tests.bench --students 50000 --incidents 100000 --schools 40 --backend postgresql --rounds 30`
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask

from tests.support.applications import make_app
from tests.support.client import PageClient
from tests.support.crawl import Visit, walk
from tests.support.databases import BACKENDS, DEMO_PASSWORD, Databases, flask
from tests.support.demo import ROLES, client_of

HEADING = f"{'page':44} {'role':14} {'median':>8} {'p95':>8} {'SQL':>5} {'kB':>7}"


def measure(client: PageClient, visit: Visit, rounds: int) -> tuple[float, float]:
    """Return the median and the 95th percentile of one page, in milliseconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        super(PageClient, client).open(visit.address)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def report(app: Flask, rounds: int) -> list[str]:
    """Return one line for each page, each page with the role that sees most."""
    seen: set[str] = set()
    lines = []
    for role in ROLES:
        client = client_of(app, role)
        for visit in walk(app, client):
            if visit.response.status_code != 200 or visit.shape in seen:
                continue
            seen.add(visit.shape)
            median, late = measure(client, visit, rounds)
            size = len(visit.response.data) / 1024
            lines.append(
                f"{visit.shape[:44]:44} {role:14} {median:8.1f} {late:8.1f} {len(visit.statements):5} {size:7.1f}"
            )
    return sorted(lines)


def main(arguments: list[str]) -> int:
    """Make the district, measure, print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--backend", choices=BACKENDS, action="append")
    parser.add_argument("--rounds", type=int, default=20)
    for name, value in (
        ("schools", 20),
        ("students", 10_000),
        ("incidents", 20_000),
        ("years", 2),
        ("seed", 1),
    ):
        parser.add_argument(f"--{name}", type=int, default=value)
    wanted = parser.parse_args(arguments)
    size = [
        f"--{name}={getattr(wanted, name)}" for name in ("schools", "students", "incidents", "years", "seed")
    ]
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        try:
            for kind in wanted.backend or BACKENDS:
                database = databases.copy(databases.template(kind))
                began = time.monotonic()
                done = flask(database.url, "demo", "load", *size, WSS_DEMO_PASSWORD=DEMO_PASSWORD)
                if done.returncode:
                    sys.stderr.write(done.stderr)
                    return done.returncode
                app = make_app(database.url, Path(folder))
                lines = [
                    f"{kind}: demo loaded in {time.monotonic() - began:.1f} s",
                    HEADING,
                    *report(app, wanted.rounds),
                ]
                sys.stdout.write("\n".join(lines) + "\n\n")
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
