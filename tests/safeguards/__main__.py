"""`python -m tests.safeguards [--count N]`: the safeguards over many generated incidents, on both databases."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.safeguards.generated.driving import Town, live
from tests.safeguards.generated.judging import problems
from tests.support.applications import make_app, people_client
from tests.support.databases import Databases
from tests.support.depth import BACKENDS
from tests.support.memory import keep_temporary_files_in_memory
from wss_cases.foundation import clock


def main(arguments: list[str]) -> int:
    """Live through the stories; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.safeguards")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=60, help="so many of them through the pages")
    parser.add_argument("--kind", choices=BACKENDS, action="append")
    wanted = parser.parse_args(arguments)
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        databases = Databases(Path(folder))
        for kind in wanted.kind or BACKENDS:
            began = time.monotonic()
            app = make_app(databases.copy(databases.template(kind)).url, Path(folder))
            with app.app_context():
                town = Town(clock.now().replace(microsecond=0))
                live(town, range(wanted.count), wanted.pages, partial(people_client, app))
                wrong = problems(town)
            print(f"{kind}: {wanted.count} incidents, {wanted.pages} through the pages, {dict(town.acts)}")
            print(f"{kind}: {len(wrong)} wrong, {time.monotonic() - began:.0f} s", *wrong, sep="\n", flush=True)
            found += wrong
        databases.close()
    return 1 if found else 0


if __name__ == "__main__":
    keep_temporary_files_in_memory()
    sys.exit(main(sys.argv[1:]))
