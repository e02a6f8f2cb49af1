"""Many coordinators at once, one place left: one of them gets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select

from tests.pathways.mentoring.making import COURSE, NOW, make_mentored, make_pathway
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.access.actor import Actor, Invocation
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.pathways.mentoring.course import match
from wss_cases.pathways.mentoring.plan.models import MentoringPlan, Reason

AT_ONCE, ROUNDS = 4, 5


@pytest.mark.both_databases
def test_the_last_place_is_given_once(database: Database, tmp_path: Path) -> None:
    app = make_app(database.url, tmp_path)
    start = Barrier(AT_ONCE)

    def try_to_match(actor: Actor, pathway_id: int, mentor_id: int) -> str:
        with app.app_context():
            start.wait(timeout=120)
            try:
                chosen = {"chosen": mentor_id, "reasons": [Reason.PLACE], "agreed": "not_yet"}
                match(Invocation(actor, NOW), pathway_id, **COURSE, **chosen)
            except Refused as refusal:
                return refusal.field
            return "matched"

    for _round in range(ROUNDS):
        with app.app_context():
            made = make_mentored(capacity=1)
            mentor_id, actor = made.mentor.id, made.actor
            rows = [make_pathway(made.world).id for _number in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tried = [pool.submit(try_to_match, actor, row, mentor_id) for row in rows]
            found = sorted(one.result(timeout=120) for one in tried)
            assert found == ["chosen"] * (AT_ONCE - 1) + ["matched"]
        with app.app_context():
            matched = select(func.count()).where(MentoringPlan.mentor_id == mentor_id)
            assert db.session.scalar(matched) == 1
