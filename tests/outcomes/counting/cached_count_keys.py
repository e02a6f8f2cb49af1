"""Store every cached count of a database and print their keys.

`python -m tests.outcomes.counting.cached_count_keys ADDRESS FOLDER` is a process of its own, begun from nothing: one
that is forked, as tests do it, gives sets the order of its parent. The first line says from what file the
application's code was read.
"""

import sys
from pathlib import Path

from sqlalchemy import select

from tests.support.applications import make_app
from tests.support.fixed import day
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.jobs.ticks import BY_MONTH
from wss_cases.outcomes import cache_refresh as counting_rounds
from wss_cases.outcomes.counting.cache import CachedCount

if __name__ == "__main__":
    day.begin()
    with make_app(sys.argv[1], Path(sys.argv[2])).app_context():
        counting_rounds.store_due_counts(clock.now(), 300, least_ms=0, schools=0, by_month=BY_MONTH)
        keys = sorted(db.session.scalars(select(CachedCount.digest)))
        sys.stdout.write("\n".join([str(counting_rounds.__file__), *keys]))
