"""Harm repaired, counted a second time in plain SQL over cases drawn by lot."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories.accounts import acting, make_user
from tests.factories.base import one_commit
from tests.factories.cases import CaseFactory, CaseParticipantFactory
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.counting.repair.queries import harms
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.plans.measures import Figure, figures

FIRST, LAST, TODAY = date(2025, 8, 1), date(2026, 7, 31), date(2026, 11, 24)
BY_RESULT = """
    SELECT c.result, count(*) FROM case_record c WHERE c.school_id = :school
    AND c.closed_at >= :since AND c.closed_at < :until
    AND (SELECT count(*) FROM case_participant p WHERE p.case_id = c.id AND p.role IN ('harmed', 'both')) > 0
    GROUP BY c.result
"""


@pytest.mark.both_databases
def test_harm_repaired_is_counted_as_plain_sql_counts_it(session: Any, at: Any) -> None:
    at("2026-11-24 10:00")
    school, lot = SchoolFactory(), Random(26)
    reader = acting(make_user(Role.ADMINISTRATOR, school))
    with one_commit():
        for number in range(60):
            result = lot.choice([*CaseResult, None])
            # a day before, in and after the year, at an hour that is another day in Chicago and in UTC
            closed = datetime(2025, 7, 28, 4, 30, tzinfo=UTC) + timedelta(
                days=lot.choice([0, 4, 5, 90, 200, 368, 369, 400])
            )
            state = CaseState.CLOSED if result else CaseState.INTAKE
            more = {"result": result, "closed_at": closed, "next_review_on": None} if result else {}
            case = CaseFactory(school_id=school.id, number=number + 1, state=state, **more)
            for role in lot.sample(list(PersonRole), lot.randint(0, 3)):
                CaseParticipantFactory(case_id=case.id, role=role)
    since, until = datetime(2025, 8, 1, 5, tzinfo=UTC), datetime(2026, 8, 1, 5, tzinfo=UTC)
    if db.engine.dialect.name == "sqlite":
        since, until = (str(one.replace(tzinfo=None)) for one in (since, until))
    plain = {
        row[0]: row[1]
        for row in db.session.execute(text(BY_RESULT), {"school": school.id, "since": since, "until": until})
    }
    found = harms(reader, Scope(school.id, "2025-26", FIRST, LAST, TODAY))
    others = sum(plain.get(name, 0) for name in ("declined", "not_suitable", "no_contact"))
    assert (found.repaired, found.partly, found.not_repaired) == (
        plain["repaired"], plain["partly_repaired"], others
    )  # fmt: skip
    assert min(found.repaired, found.partly, found.not_repaired) > 0 and plain["transferred"] > 0, "the lot has each"
    counted = figures(reader, school.id, ["repaired"], FIRST, LAST, TODAY)["repaired"]
    assert counted == Figure(found.repaired, found.of)
