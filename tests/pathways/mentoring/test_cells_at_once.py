"""Many people mark one student's card at the same moment: every cell keeps what was put into it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.factories.mentoring import DailyCardFactory
from tests.pathways.mentoring.making import NOW, TODAY, make_matched, make_mentored
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Actor, Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.mentoring.card import Cell, mark_cell
from wss_cases.pathways.mentoring.plan.models import Cadence, DailyCard, DailyCardDay
from wss_cases.routing.engine.vocabulary import Kind

PERIODS = ["Period 1", "Period 2", "Lunch"]
AT_ONCE = 2 * len(PERIODS)


@pytest.mark.both_databases
def test_cells_marked_at_once_are_all_there(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    start = Barrier(AT_ONCE)

    def mark(actor: Actor, pathway_id: int, cell: Cell) -> str:
        with app.app_context():
            start.wait(timeout=120)
            try:
                mark_cell(Invocation(actor, NOW), pathway_id, TODAY, cell)
            except Refused as refusal:
                return refusal.message
            return "marked"

    with app.app_context():
        made = make_mentored()
        row = make_matched(made, Kind.CHECK_IN_CHECK_OUT, rhythm=Cadence.DAILY)
        card = DailyCardFactory(pathway_id=row.id, case_id=row.case_id, school_id=row.school_id)
        pathway_id, card_id, actor = row.id, card.id, made.actor
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cells = [Cell(period, goal, goal + 1, None) for period in PERIODS for goal in (0, 1)]
        for one in [pool.submit(mark, actor, pathway_id, cell) for cell in cells]:
            assert one.result(timeout=120) == "marked"
        same = [Cell("Lunch", 0, points, 1) for points in (0, 2, 0, 2, 0, 2)]
        answers = [one.result(timeout=120) for one in [pool.submit(mark, actor, pathway_id, cell) for cell in same]]
    # whoever marks the same cell as the first wins nothing by being later: the same points again are no change
    assert answers.count("marked") == 3, answers
    with app.app_context():
        day = db.session.scalars(select(DailyCardDay).where(DailyCardDay.card_id == card_id)).one()
        assert {day.marks["Lunch"].pop(0)} <= {0, 2}
        assert day.marks == {"Period 1": [1, 2], "Period 2": [1, 2], "Lunch": [2]}
        assert db.session.get_one(DailyCard, card_id).periods == PERIODS
