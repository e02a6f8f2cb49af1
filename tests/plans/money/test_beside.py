"""Resources as a list that sorts, and the money of a goal beside its result."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import pytest

from tests.factories.incidents import make_incident
from tests.factories.plan_money import FundingFactory, ResourceEntryFactory, make_resource
from tests.factories.roster import EnrolmentFactory, StudentFactory
from tests.outcomes.exports.test_list_files import links, taken
from tests.plans.money.conftest import Scene
from tests.support.pages.tables import heads_of, rows_of
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.tables.columns import Order
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.resources.models import EntryKind, PlanResource, ResourceKind
from wss_cases.plans.money.resources.presenters import RESOURCES, ResourceFilter
from wss_cases.plans.money.resources.queries import Money, days_open
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.roster.directory.models import Student

TODAY = date(2026, 11, 20)


@pytest.mark.both_databases
@pytest.mark.parametrize("sort", ["what", "kind", "planned", "committed", "spent", "over", "open", "school"])
def test_the_list_is_sorted_either_way_and_paged(scene: Scene, sort: str) -> None:
    from_rows = []
    for number in range(5):
        vacant = date(2026, 11, 1 + number) if number % 2 else None
        resource = make_resource(
            scene.strategy, kind=ResourceKind.POSITION, title=f"Position {number}", planned_cents=number * 100,
            filled_on=None if vacant else date(2026, 9, 1), vacant_since=vacant,
        )  # fmt: skip
        placed = {"school_id": scene.school.id, "resource_id": resource.id}
        ResourceEntryFactory(**placed, amount_cents=1_000 - number)
        ResourceEntryFactory(**placed, kind=EntryKind.COMMITTED, amount_cents=500 + number)
        from_rows.append(resource.id)
    actor = scene.calls(scene.principal).actor
    for down in (False, True):
        listed = partial(RESOURCES.rows, actor, ResourceFilter(), clock.now(), Order(sort, down))
        whole = listed()
        assert sorted(row.id for row in whole) == from_rows
        paged: list[int] = []
        while page := listed(paged[-1] if paged else None, limit=2):
            paged += [row.id for row in page]
        assert paged == [row.id for row in whole]
        values = [_value(*row, sort) for row in whole]
        assert values == sorted(values, reverse=down)


def _value(resource: PlanResource, _id: int, school: str, committed: int, spent: int, sort: str) -> Any:
    days = days_open(resource, TODAY)
    return {
        "what": resource.title, "kind": 0, "school": school, "planned": resource.planned_cents, "committed": committed,
        "spent": spent, "over": Money(resource.planned_cents, committed, spent).over,
        "open": -1 if days is None else days,
    }[sort]  # fmt: skip


def test_money_stands_beside_baseline_now_and_target(scene: Scene, client_as: Any) -> None:
    goal = db.session.get_one(PlanGoal, scene.strategy.goal_id)
    make_resource(scene.strategy, planned_cents=50_000)
    baseline = PlanBaseline(
        school_id=scene.school.id, plan_id=goal.plan_id, measure="incidents", period_from=date(2025, 8, 1),
        period_to=date(2026, 6, 30), numerator=60, denominator=15_000, taken_at=clock.now(),
    )  # fmt: skip
    db.session.add(baseline)
    db.session.flush()
    goal.baseline_id = baseline.id
    students = [EnrolmentFactory(student=StudentFactory(school=scene.school)).student_id for _number in range(20)]
    for student_id in students[:12]:
        student = db.session.get_one(Student, student_id)
        make_incident(scene.school, [student], local_date=date(2026, 11, 18))
    db.session.commit()
    shown = client_as(scene.principal).page(f"/safety-plans/{goal.plan_id}/money").text
    told = " ".join(shown.split())
    assert "Baseline 0.4 per 100 students per school day" in told
    assert "Now 0.75 per 100 students per school day" in told, "12 incidents of 20 students in 80 days since August"
    assert "Target Down to 40" in told and "$500" in told


@pytest.mark.parametrize("address", ["/safety-plans/resources?sort=-planned", "/safety-plans/funding?source=grant"])
def test_each_list_leaves_as_a_file_as_it_stands(scene: Scene, client_as: Any, address: str) -> None:
    for number in range(3):
        make_resource(scene.strategy, title=f"Training {number}", planned_cents=123_456 * number)
        FundingFactory(school_id=scene.school.id, source=FundingSource.GRANT, note=f"Grant {number}")
    FundingFactory(school_id=scene.school.id)
    client = client_as(scene.principal)
    page = client.page(address)
    assert len(rows_of(page)) == 3 and len(links(page)) == 2
    for file in links(page):
        head, *rows = taken(client, file)
        assert head == heads_of(page)
        assert rows == [list(row.values()) for row in rows_of(page)], file
