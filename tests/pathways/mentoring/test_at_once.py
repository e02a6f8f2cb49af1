"""Many at once: the last place of a mentor is given once, and every cell of a card keeps what was put into it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.pathways.mentoring.making import COURSE, NOW, TODAY, make_carded, make_mentored, make_pathway
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.mentoring.card import Cell, mark_cell
from wss_cases.pathways.mentoring.course import match
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay, MentoringPlan, Reason

PERIODS = ["Period 1", "Period 2", "Lunch"]


def at_once(app: Flask, acts: list[Callable[[], int]]) -> list[str]:
    """Do these at the same moment; returns "done" or the refusal of each."""
    start = Barrier(len(acts))

    def do(act: Callable[[], int]) -> str:
        with app.app_context():
            start.wait(timeout=120)
            try:
                act()
            except Refused as refusal:
                return refusal.field or refusal.message
            return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return [answer.result(timeout=120) for answer in [pool.submit(do, act) for act in acts]]


@pytest.mark.both_databases
def test_the_last_place_is_given_once(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    for _round in range(5):
        with app.app_context():
            made = make_mentored(capacity=1)
            mentor_id, call = made.mentor.id, Invocation(made.actor, NOW)
            rows = [make_pathway(made.world).id for _number in range(4)]
        chosen = {"chosen": mentor_id, "reasons": [Reason.PLACE], "agreed": "not_yet"}
        answers = at_once(app, [partial(match, call, row, **COURSE, **chosen) for row in rows])
        assert sorted(answers) == ["chosen", "chosen", "chosen", "done"]
        with app.app_context():
            matched = select(func.count()).where(MentoringPlan.mentor_id == mentor_id)
            assert db.session.scalar(matched) == 1


@pytest.mark.both_databases
def test_cells_marked_at_once_are_all_there(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    with app.app_context():
        made = make_mentored()
        pathway_id, call = make_carded(made).id, Invocation(made.actor, NOW)

    def mark(cells: list[Cell]) -> list[str]:
        return at_once(app, [partial(mark_cell, call, pathway_id, TODAY, cell) for cell in cells])

    assert mark([Cell(period, goal, goal + 1, None) for period in PERIODS for goal in (0, 1)]) == ["done"] * 6
    answers = mark([Cell("Lunch", 0, points, 1) for points in (0, 2, 0, 2, 0, 2)])
    # whoever marks the same cell as the first wins nothing by being later: the same points again are no change
    assert answers.count("done") == 3, answers
    with app.app_context():
        card, day = db.session.execute(
            select(DailyCard, DailyCardDay).join(DailyCardDay).where(DailyCard.pathway_id == pathway_id)
        ).one()
        assert {day.marks["Lunch"].pop(0)} <= {0, 2}
        assert day.marks == {"Period 1": [1, 2], "Period 2": [1, 2], "Lunch": [2]}
        assert card.periods == PERIODS
