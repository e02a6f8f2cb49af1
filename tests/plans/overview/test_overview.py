"""The plans of all schools: whose, sorted, narrowed, page by page, as a file, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.base import one_commit
from tests.factories.plans import SchoolPlanFactory
from tests.factories.roster import SchoolFactory
from tests.plans.making import make_plan
from tests.support.pages.asked import asked
from tests.support.pages.tables import rows_of
from wss_cases.access.actor import Role
from wss_cases.foundation.tables.columns import Order
from wss_cases.journal import extension_points
from wss_cases.journal.rooms import PlanColumn, Room
from wss_cases.plans.overview import Narrowed, OverviewRow, in_order, overview_rows, page_after, read_plans
from wss_cases.plans.plan.core.models import PlanState

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
TODAY = date(2026, 11, 24)
ALL = "/safety-plans/all"


@pytest.fixture
def late(session: Any, at: Any) -> Any:
    """A school whose plan has an overdue step."""
    at("2026-11-24 10:00")
    made = make_plan(tier="Tier 2")
    made.step(date(2026, 11, 16))
    made.step(date(2026, 12, 16))
    made.ask()
    return made


def named(rows: Sequence[OverviewRow]) -> dict[str, tuple[PlanState | None, int]]:
    return {row.school: (row.state, row.counts.get("overdue", -1)) for row in rows}


def test_a_school_stands_with_the_plan_that_stands_else_its_newest_and_without_one_too(late: Any) -> None:
    name = late.place.school.name
    SchoolPlanFactory(school_id=late.place.school.id, first_year="2027-28")
    bare, drafting = SchoolFactory(name="Bare School"), SchoolFactory(name="Drafting School")
    SchoolFactory(name="Closed School", is_active=False)
    lead = make_user(Role.ADMINISTRATOR, drafting)
    for number, state in enumerate((PlanState.CLOSED, PlanState.DRAFT, PlanState.COMMITTEE)):
        closed = {"closed_on": TODAY} if state is PlanState.CLOSED else {}
        values = {"first_year": f"{2025 + number}-{26 + number}", "state": state, "lead_id": lead.id, **closed}
        SchoolPlanFactory(school_id=drafting.id, **values)
    district = acting(make_user(Role.DISTRICT))
    assert named(overview_rows(district, TODAY)) == {
        name: (PlanState.IN_FORCE, 1),
        bare.name: (None, -1),
        drafting.name: (PlanState.COMMITTEE, 0),
    }


def test_who_works_at_a_school_sees_that_one_and_who_only_reports_none(late: Any, client_as: Any) -> None:
    other = SchoolFactory(name="Another School")
    dean = late.place.people["dean"]
    assert [row.school_id for row in overview_rows(acting(dean), TODAY)] == [late.place.school.id]
    assert "Another School" not in client_as(dean).page(ALL).text
    assert client_as(make_user(Role.REPORTER, other)).get(ALL).status_code == 404


def test_the_page_sorts_narrows_and_pages(late: Any, client_as: Any) -> None:
    with one_commit():
        for number in range(30):
            SchoolFactory(name=f"Quiet {number:02d}", network="North" if number % 2 else "South")
    client = client_as(make_user(Role.DISTRICT))
    first = client.page(f"{ALL}?sort=-overdue")
    assert rows_of(first)[0]["School"] == late.place.school.name and len(rows_of(first)) == 25
    narrowed = rows_of(client.page(f"{ALL}?late=1"))
    assert [(row["School"], row["Overdue steps"]) for row in narrowed] == [(late.place.school.name, "1")]
    assert len(rows_of(client.page(f"{ALL}?network=North"))) == 15
    assert len(rows_of(client.page(f"{ALL}?state=none&network=South"))) == 15
    assert [row["Tier"] for row in rows_of(client.page(f"{ALL}?tier=Tier+2"))] == ["Tier 2"]
    by_name = [row["School"] for row in rows_of(client.page(ALL))]
    ids = {row.school: row.school_id for row in overview_rows(acting(make_user(Role.DISTRICT)), TODAY)}
    rest = [row["School"] for row in rows_of(client.page(f"{ALL}?after={ids[by_name[-1]]}"))]
    assert sorted(by_name + rest) == sorted(ids) and not set(by_name) & set(rest)
    assert "No school fits these filters" in client.page(f"{ALL}?tier=Tier+9").text


def test_its_file_is_what_the_page_shows_with_the_columns_that_rooms_bring(late: Any, app: Any) -> None:
    district = acting(make_user(Role.DISTRICT))
    with app.test_request_context():
        read = read_plans(district, {"late": "1", "sort": "-overdue"}, NOW, 10)
    assert [(row["school"].text, row["overdue"].text) for row in read.rows] == [(late.place.school.name, "1")]
    assert (list(read.filters), read.school_id) == (["With overdue steps"], None)
    kind = extension_points.list_kinds()["plans"]
    keys = [column.key for column in kind.columns]
    brought = ["overdue", "backward", "police_money", "planned", "spent", "training", "unanswered"]
    assert keys[-7:] == brought, "as rooms bring them"


def test_another_room_brings_a_column(late: Any, client_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unmet(plan_ids: Sequence[int], today: date) -> Mapping[int, int]:
        return dict.fromkeys(plan_ids, 7)

    brought = Room(plan_columns=(PlanColumn("unmet", "Training unmet", 5, unmet),))
    monkeypatch.setattr(extension_points, "_rooms", [*extension_points._rooms, brought])
    SchoolFactory(name="Bare School")
    rows = rows_of(client_as(make_user(Role.DISTRICT)).page(f"{ALL}?sort=-unmet"))
    assert [row["Training unmet"] for row in rows] == ["7", ""], "a school without a plan has no number"
    assert list(rows[0]).index("Training unmet") < list(rows[0]).index("Overdue steps")


def test_statements_do_not_grow_with_schools(late: Any) -> None:
    district = acting(make_user(Role.DISTRICT))
    with asked() as few:
        overview_rows(district, TODAY)
    with one_commit():
        for number in range(40):
            school = SchoolFactory(name=f"School {number}")
            SchoolPlanFactory(school_id=school.id, lead_id=late.plan.lead_id)
    with asked() as many:
        assert len(overview_rows(district, TODAY)) == 41
    assert 0 < len(few) == len(many)


def test_rows_in_order_and_page_by_page() -> None:
    rows = [
        OverviewRow(1, "b", "N", 1, PlanState.DRAFT, "x", ("2026-27", "2026-27"), {"overdue": 2}),
        OverviewRow(2, "A", "N"),
        OverviewRow(3, "c", "M", 3, PlanState.IN_FORCE, "", ("2025-26", "2025-26"), {"overdue": 2}),
    ]

    def ids(key: str, down: bool = False) -> list[int]:
        return [row.school_id for row in in_order(rows, Order(key, down))]

    assert (ids("school"), ids("school", True)) == ([2, 1, 3], [3, 1, 2])
    assert (ids("state"), ids("overdue", True), ids("network")) == ([2, 1, 3], [1, 3, 2], [3, 2, 1])
    assert [row.school_id for row in page_after(rows, 1, 1)[0]] == [2]
    assert page_after(rows, 999, 2) == (rows[:2], True) and page_after(rows, 3, 2) == ([], False)
    assert [row.school_id for row in rows if Narrowed(late=True).keeps(row)] == [1, 3]
