"""Whoever replays rules may die before or after any commit: the next goes on, and nothing is counted twice."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from tests.factories.roster import SchoolFactory
from tests.factories.routed import FIRST_DAY, routed
from tests.faults.processes.forked import Nursery
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation.db import db
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.replay.models import Replay, ReplayChange, ReplayState
from wss_cases.routing.replay.queries import Period, all_routed, digest_of
from wss_cases.routing.replay.rules import Replayer, Tally, replayed
from wss_cases.routing.rule_sets import RuleSet, table_of

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
PLACES = ("travel", "online", "on_grounds")
KILLS = [f"unit.{when}_commit:kill:{nth}" for nth in (7, 9) for when in ("before", "after")]


def asked() -> int:
    """Store ninety incidents, a draft and a replay that nobody has begun; returns the replay's id."""
    routed([SchoolFactory().id], [{"place": PLACES[number % 3]} for number in range(90)])
    first = db.session.scalars(select(RuleSet).order_by(RuleSet.id.desc())).first()
    rows = [row | ({"school_days": [3]} if row["id"] == "F4" else {}) for row in first.table_rows["rows"]]
    made = RuleSet(name=first.name, number=first.number + 1, state=RuleSetState.DRAFT, table_rows={"rows": rows})
    db.session.add(made)
    db.session.flush()
    last = FIRST_DAY.replace(month=12)
    row = Replay(
        rule_set_id=made.id, rows_digest=digest_of(made), starts_on=FIRST_DAY, ends_on=last, asked_at=NOW, total=90
    )
    db.session.add(row)
    db.session.commit()
    return row.id


def test_a_replay_survives_every_kill_and_counts_once(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    with app.app_context():
        replay_id = asked()
        db.session.remove()
    nursery = Nursery(database, tmp_path, WSS_REPLAY_BATCH="3")
    half_way = 0
    try:
        nursery.set_clock(NOW)
        for failpoint in KILLS:
            assert nursery.start("tick", failpoint=failpoint).wait() == -signal.SIGKILL
            with app.app_context():
                row = db.session.get_one(Replay, replay_id)
                half_way += row.state is ReplayState.RUNNING and 0 < row.done < 90
                db.session.remove()
        nursery.start("tick").done()
    finally:
        nursery.close()
    assert half_way >= 3
    with app.app_context():
        row = db.session.get_one(Replay, replay_id)
        whole = Tally()
        for batch in all_routed(Period()):
            for one in replayed(Replayer(table_of(db.session.get_one(RuleSet, row.rule_set_id))), batch):
                whole.add(one)
        assert (row.state, row.done) == (ReplayState.DONE, 90)
        assert Tally.of_json(row.counts) == whole
        assert whole.of().changed == 30
        assert db.session.scalar(select(func.count()).select_from(ReplayChange)) == 30
