"""Many who send at once: a link takes one; the code on the wall as many as there are people, and so many in an hour."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories.surveys import begin, school_to_ask, slip_codes
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.surveys.answering import Full, answer, open_code, takes_another
from wss_cases.surveys.pages import end_round
from wss_cases.surveys.rounds import MOST_BY_WALL, SurveyGroup, SurveyTally, SurveyWall, Way, counts_in, wall_of

STUDENT = SurveyGroup.STUDENT
PLANNED, NOON = datetime(2026, 11, 9, 16, tzinfo=UTC), datetime(2026, 11, 17, 18, tzinfo=UTC)
SENDERS, PEOPLE, LEFT = 8, 5, 3


def together(app: Flask, work: Callable[[int], str]) -> Counter[str]:
    """Let so many senders do this at the same moment; returns what each met."""
    met: list[str] = []
    ready = threading.Barrier(SENDERS)

    def send(number: int) -> None:
        with app.app_context():
            ready.wait(30)
            met.append(work(number))
            db.session.remove()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(met)


def sent(code: str, number: int) -> str:
    """Send an answer by a code as whoever opened its page before."""
    opened = open_code(code, clock.now())
    if opened is None:
        return "closed"
    try:
        answer(opened, STUDENT, {"safe": 4 if number % 2 else 1}, f"{code} {number}", clock.now())
    except NotFound:
        return "used"
    except Full:
        return "full"
    return "counted"


def tally_of(round_id: int, way: Way) -> SurveyTally:
    mine = (SurveyTally.round_id == round_id, SurveyTally.way == way, SurveyTally.audience == STUDENT)
    return db.session.scalars(select(SurveyTally).where(*mine)).one()


@pytest.mark.both_databases
def test_senders_at_once_pass_no_bound(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    with app.app_context(), time_machine.travel(PLANNED, tick=False):
        asked = school_to_ask(students=PEOPLE)
        round_id = begin(asked, [STUDENT], wall=True)
        code = slip_codes(asked, round_id)[0]
        wall = wall_of(round_id)
        assert wall is not None
        wall_code = wall.code
        db.session.remove()
    with time_machine.travel(NOON):
        by_link = together(app, lambda number: sent(code, number))
        assert by_link["counted"] == 1 and by_link["used"] + by_link["closed"] == SENDERS - 1
        assert together(app, lambda number: sent(wall_code, number)) == {"counted": PEOPLE, "full": SENDERS - PEOPLE}

        def knocked(_number: int) -> str:
            opened: Any = open_code(wall_code, clock.now())
            return "taken" if takes_another(opened, clock.now()) else "too many"

        with app.app_context():
            held = db.session.scalars(select(SurveyWall)).one()
            held.hour_began, held.sent = clock.now(), MOST_BY_WALL - LEFT
            db.session.commit()
        assert together(app, knocked) == {"taken": LEFT, "too many": SENDERS - LEFT}
        with app.app_context():
            assert db.session.scalars(select(SurveyWall.sent)).one() == MOST_BY_WALL - LEFT + SENDERS
            for way, number in ((Way.INVITED, 1), (Way.OPEN, PEOPLE)):
                tally = tally_of(round_id, way)
                assert (tally.taken, sum(counts_in(tally).values())) == (number, number)
            end_round(asked.call, round_id)
            assert sent(wall_code, 0) == "closed"
