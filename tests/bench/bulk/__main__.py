"""`python -m tests.bench.bulk`: fill the migrated, empty database of DATABASE_URL with a district of any size, in bulk.

It writes rows, timeline and audit in batches as the use cases would have left them; `flask demo load` lets its people
call the use cases, which takes a thousand times longer.
"""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import insert

from tests.bench.bulk.load import Size, make_district
from tests.support.databases import DEMO_PASSWORD
from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import Setting
from wss_cases.accounts.credentials import hash_password
from wss_cases.app import create_app
from wss_cases.cli.demo import IS_DEMO, LOADED
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import force_locale
from wss_cases.journal.unit_of_work import unit_of_work


def main(arguments: list[str]) -> int:
    """Read the size and write the district; its accounts sign in with the tests' demo password."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bulk")
    for name in ("schools", "students", "incidents", "years", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    size = Size(**vars(parser.parse_args(arguments)))
    with create_app().app_context(), force_locale("en"):
        store = make_district(size, hash_password(DEMO_PASSWORD), clock.now(), lambda _done: None)
        with unit_of_work(SYSTEM, clock.now()) as uow:
            uow.session.execute(insert(Setting).values(key=IS_DEMO, value=LOADED))
            uow.audit("demo.noted", "setting", None)
    sys.stdout.write(f"Wrote {store.written:,} rows.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
