"""`python -m tests.roster.ways`: a roster of 4,000 students by each of the ways in, each into an empty district.

Printed are for each way its time, and for each table the number of rows and a digest of what the roster says in them.
Ends with 1 where one way gives other rows than the first.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.roster import District
from tests.roster.ways.feeding import WAYS, fed
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.depth import BACKENDS


def main(arguments: list[str]) -> int:
    """Write the roster, feed it, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.roster.ways")
    parser.add_argument("--students", type=int, default=4_000)
    parser.add_argument("--schools", type=int, default=40)
    parser.add_argument("--backend", choices=BACKENDS, default="postgresql")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder)
        try:
            app = make_app(databases.copy(databases.template(wanted.backend)).url, folder)
            rows = District(wanted.students, 1, schools=wanted.schools).write(folder / "roster")
            sys.stdout.write(f"{sum(rows.values()):,} rows: {rows}\n")
            found = []
            for title, way in WAYS.items():
                began = time.perf_counter()
                found.append(fed(app, way, folder / "roster", folder / title))
                tables = ", ".join(f"{table} {one.rows:,} {one.digest}" for table, one in found[-1].items())
                sys.stdout.write(f"{title:15} {time.perf_counter() - began:5.1f} s  {tables}\n")
                sys.stdout.flush()
        finally:
            databases.close()
    same = all(one == found[0] for one in found)
    sys.stdout.write("the same rows by every way\n" if same else "NOT the same rows\n")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
