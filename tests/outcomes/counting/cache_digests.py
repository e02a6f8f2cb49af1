"""Keep every count of a database and print under which digests.

`python -m tests.outcomes.counting.cache_digests ADDRESS FOLDER`.

A process of its own, begun from nothing: one that is forked, as tests do it, gives sets the order of its parent.
"""

import sys
from pathlib import Path

from sqlalchemy import select

from tests.support.applications import make_app
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.outcomes.cache_refresh.actions import keep
from wss_cases.outcomes.counting.cache.models import KeptCount

if __name__ == "__main__":
    with make_app(sys.argv[1], Path(sys.argv[2])).app_context():
        keep(clock.now(), 300, least_ms=0, schools=0)
        sys.stdout.write("\n".join(sorted(db.session.scalars(select(KeptCount.digest)))))
