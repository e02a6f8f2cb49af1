"""A follow-up hangs on exactly one of incident, case and plan step; the database itself says so, on both."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.architecture.test_migrations import PLAUSIBLE, engine, plant, run
from tests.factories.followups import FollowUpFactory
from tests.plans.making import make_plan
from tests.support.applications import make_app
from tests.support.databases import Database
from wss_cases.foundation.db import db

pytestmark = pytest.mark.both_databases


def test_a_follow_up_hangs_on_exactly_one_thing(session: Any) -> None:
    here = make_plan()
    place, step = here.place, here.step()
    report, case = place.due(date(2026, 11, 16), lead="none").incident_id, place.case("lead").id
    wrong: list[dict[str, Any]] = [
        {},
        {"plan_step_id": step.id, "case_id": case},
        {"plan_step_id": step.id, "incident_id": report},
        {"incident_id": report, "case_id": case},
        {"case_id": case, "lead_id": place.ids["lead"]},
    ]
    db.session.commit()
    for subject in wrong:
        with pytest.raises(IntegrityError, match=r"(?i)check"):
            FollowUpFactory(school_id=place.school.id, **subject)
        db.session.rollback()
    FollowUpFactory(school_id=place.school.id, plan_step_id=step.id, lead_id=place.ids["lead"], kind="plan_step")
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        FollowUpFactory(school_id=place.school.id, plan_step_id=step.id, kind="plan_step")
    db.session.rollback()


def test_follow_ups_of_before_are_carried_along_and_those_of_steps_leave_with_them(
    database: Database, tmp_path: Path
) -> None:
    app = make_app(database.url, tmp_path)
    run(app, "downgrade", "0099")
    base: dict[str, list[dict[str, Any]]] = {
        "school": [{"id": 901}],
        "user_account": [{"id": 901, "email": "lead@district.example"}],
        "case_record": [{"id": 901, "school_id": 901, "state": "in_process", "next_review_on": date(2026, 12, 1)}],
        "follow_up": [{"id": 901, "case_id": 901, "incident_id": None, "state": "open", "school_id": 901}],
    }
    plant(database, base)
    run(app, "upgrade")
    of_plan = {"school_id": 901, "plan_id": 901}
    plans: dict[str, list[dict[str, Any]]] = {
        "plan_template": [{"id": 901, "starts_on": date(2031, 8, 1)}],
        "school_plan": [
            {"id": 901, "school_id": 901, "state": "draft", "template_id": 901, "first_year": "2026-27",
             "last_year": "2026-27", "started_at": PLAUSIBLE[datetime]},
        ],
        "plan_goal": [{"id": 901, "why_not_measured": "New", "component": "trust", **of_plan}],
        "plan_strategy": [{"id": 901, "goal_id": 901, **of_plan}],
        "plan_step": [{"id": 901, "strategy_id": 901, **of_plan}],
        "follow_up": [
            {"id": 902, "plan_step_id": 901, "lead_id": 901, "state": "open", "school_id": 901, "kind": "plan_step"},
        ],
        "follow_up_act": [{"id": 901, "user_id": 901, "follow_up_id": 902, "school_id": 901, "kind": "moved"}],
    }  # fmt: skip
    plant(database, plans)
    run(app, "downgrade", "0099")
    kept = sa.text("SELECT id, case_id FROM follow_up WHERE id > 900")
    with engine(database).connect() as connection:
        assert [tuple(row) for row in connection.execute(kept)] == [(901, 901)]
        assert connection.scalar(sa.text("SELECT count(*) FROM follow_up_act WHERE id = 901")) == 0
    neither = {"id": 903, "case_id": None, "incident_id": None, "state": "open", "school_id": 901}
    with pytest.raises(IntegrityError):
        plant(database, {"follow_up": [neither]})
    run(app, "upgrade")
    with engine(database).connect() as connection:
        assert [tuple(row) for row in connection.execute(kept)] == [(901, 901)]
    run(app, "check")
