"""The board report begins with the school's plan: each goal then, now and where it is to go."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting, make_user
from tests.factories.plans import PlanGoalFactory, SchoolPlanFactory
from tests.outcomes.making.small_district import Made
from tests.plans.long_plan import GOALS, long_plan
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.board.report.pages import paper_of
from wss_cases.board.report.queries import board_of, board_scope
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.jobs.pdf.printing import pdf_of
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.plan.templates import Component
from wss_cases.records.stored_pdfs import Letterhead
from wss_cases.roster.directory.models import School

ClientAs = Callable[[Any], PageClient]
PAGE = "/outcomes/board"
TODAY = date(2026, 11, 24)


def planned(school: School, head: Any, **more: Any) -> Any:
    """A plan in force with one goal that is measured by incidents, 200 of 50,000 when it was written."""
    plan = SchoolPlanFactory(school_id=school.id, lead_id=head.id, standing=True, **more)
    here = {"school_id": school.id, "plan_id": plan.id}
    frozen = PlanBaseline(
        measure="incidents", period_from=date(2025, 8, 1), period_to=date(2026, 7, 31), numerator=200,
        denominator=50_000, taken_at=datetime(2026, 5, 4, 15, tzinfo=UTC), **here,
    )  # fmt: skip
    db.session.add(frozen)
    db.session.flush()
    words = {"component": Component.PHYSICAL, "statement": "Fewer students are hurt in the hallways"}
    PlanGoalFactory(baseline_id=frozen.id, target=0.3, **words, **here)
    why = {"measure": "", "direction": None, "target": None, "target_by": None, "why_not_measured": "No scale fits"}
    PlanGoalFactory(component=Component.TRUST, statement="Adults greet every student", **why, **here)
    db.session.commit()
    return plan


def test_it_begins_with_the_plan_and_each_goal_then_now_and_its_target(made: Made, client_as: ClientAs) -> None:
    school, head = made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0])
    client = client_as(head)
    assert "no safety plan in force" in client.page(PAGE).text
    planned(school, head)
    page = client.page(PAGE).find_all("main")[0]
    section = page.find_all("section")[0]
    assert section.find_all("h2")[0].text == "School safety plan"
    goal, then, now, target = (cell.text for cell in section.find_all("tbody")[0].find_all("th", "td")[:4])
    assert goal == "Fewer students are hurt in the hallways"
    assert then == "0.4 per 100 students per school day"
    own = (Incident.school_id == school.id, Incident.state != IncidentState.DUPLICATE)
    until = Incident.local_date.between(date(2026, 8, 1), date(2026, 10, 31))
    incidents = db.session.scalar(select(func.count(Incident.id)).where(*own, until))
    scope = board_scope(school.id, None, None, TODAY)
    assert scope is not None and incidents
    board = board_of(acting(head), scope)
    assert board.plan is not None and board.plan.goals[0][2] is not None
    assert board.plan.goals[0][2].numerator == incidents == board.core.parts.total
    assert "per 100 students per school day" in now and "down to 0.3 by Tue, Jun 1, 2027" in target
    assert "Not measured: No scale fits" in section.text
    paper = paper_of(board, school.name, "es", TODAY, Letterhead())
    assert paper.index("Fewer students are hurt") < paper.index("De un vistazo")


def test_a_draft_and_a_plan_of_other_years_do_not_stand_there(made: Made, client_as: ClientAs) -> None:
    school, head = made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0])
    plan = planned(school, head, first_year="2024-25", last_year="2025-26")
    SchoolPlanFactory(school_id=school.id, number=2)
    db.session.commit()
    assert "no safety plan in force" in client_as(head).page(PAGE).text
    plan.state, plan.closed_on = PlanState.CLOSED, TODAY
    db.session.commit()
    assert "no safety plan in force" in client_as(head).page(PAGE).text


def test_the_district_is_told_how_many_schools_have_one(made: Made, client_as: ClientAs) -> None:
    planned(made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0]))
    client = client_as(make_user(Role.DISTRICT))
    assert "1 of 2 schools have a school safety plan in force." in client.page(f"{PAGE}?school=all").text
    assert "1 of 1 schools" in client.page(f"{PAGE}?network=Network 1").text


@pytest.mark.usefixtures("pango")
def test_with_a_long_plan_it_fits_four_sheets(made: Made) -> None:
    school, head = made.schools[0], make_user(Role.ADMINISTRATOR, made.schools[0])
    long_plan(school, head)
    scope = board_scope(school.id, None, None, TODAY)
    assert scope is not None
    paper = paper_of(board_of(acting(head), scope), school.name, "es", TODAY, Letterhead("Distrito"))
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of(paper))).pages]
    assert all(f"Meta {number}:" in " ".join(pages) for number in range(1, GOALS + 1))
    assert len(pages) <= 4
