"""Resources of a plan: needs, entries and corrections, vacancies, the list, and money beside results."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.incidents import make_incident
from tests.factories.plan_money import FundingFactory, ResourceEntryFactory, make_resource, make_strategy
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.outcomes.exports.test_files import links, taken
from tests.plans.money.conftest import Scene
from tests.support.pages.tables import heads_of, rows_of
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, Stale
from wss_cases.foundation.tables.columns import Order
from wss_cases.journal.models import AuditEntry
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.resources import pages
from wss_cases.plans.money.resources.models import EntryKind, PlanResource, ResourceEntry, ResourceKind
from wss_cases.plans.money.resources.pages import Needed
from wss_cases.plans.money.resources.presenters import RESOURCES, ResourceFilter
from wss_cases.plans.money.resources.queries import Money, days_open, money_by_kind, money_of
from wss_cases.plans.plan.baselines import PlanBaseline
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal
from wss_cases.roster.directory.models import Student

TODAY = date(2026, 11, 20)
COORDINATOR = Needed(
    ResourceKind.POSITION, "Restorative justice coordinator", 8_000_000, "RJ-1", 100, None, date(2026, 11, 1)
)


def paid(kind: EntryKind, amount: str, day: date = TODAY, note: str = "") -> dict[str, Any]:
    """The answers for an amount of today."""
    return {"kind": kind.value, "amount": amount, "on_day": day, "note": note}


@pytest.mark.both_databases
def test_an_entry_is_not_deleted_on_either_database(scene: Scene) -> None:
    entry = ResourceEntryFactory(school_id=scene.school.id, resource_id=make_resource(scene.strategy).id)
    with pytest.raises(DBAPIError, match="never deleted"), db.session.begin_nested():
        db.session.execute(text("DELETE FROM resource_entry"))
    assert fresh(entry).amount_cents == 10_000


@pytest.mark.both_databases
def test_the_tables_refuse_what_no_entry_and_no_resource_can_be(scene: Scene) -> None:
    resource = make_resource(scene.strategy)
    placed = {"school_id": scene.school.id, "resource_id": resource.id}
    for cents in (-1, 10**12 + 1):
        with pytest.raises(IntegrityError, match="ck_resource_entry_amount"), db.session.begin_nested():
            db.session.add(ResourceEntryFactory.build(**placed, amount_cents=cents))
    for name, values in (
        ("planned", {"planned_cents": -1}),
        ("of_positions", {"job_code": "RJ-1"}),
        ("filled_or_vacant", {"kind": ResourceKind.POSITION}),
        ("title", {"title": ""}),
    ):
        with pytest.raises(IntegrityError, match=f"ck_plan_resource_{name}"), db.session.begin_nested():
            make_resource(scene.strategy, **values)


def test_a_wrong_entry_is_changed_and_its_history_says_what_it_was(scene: Scene, client_as: Any) -> None:
    resource, call = make_resource(scene.strategy), scene.calls(scene.principal)
    wrong = pages.add_entry(call, resource.id, **paid(EntryKind.SPENT, "$123.45", note="Invoice 7"))
    page, address = client_as(scene.principal), f"/safety-plans/resources/{resource.id}"
    blank = page.submit(f"/safety-plans/entries/{wrong}/correct", {"amount": "$50"})
    assert blank.status_code == 400 and "Write what was wrong." in blank.text
    sent = {"kind": "committed", "amount": "$50", "reason": "It was only ordered"}
    assert page.submit(f"/safety-plans/entries/{wrong}/correct", sent).location == address
    row = db.session.scalars(select(ResourceEntry)).one()
    assert (row.kind, row.amount_cents, row.on_day, row.note) == (EntryKind.COMMITTED, 5_000, TODAY, "Invoice 7")
    assert money_of(call.actor, [resource.id])[resource.id] == Money(50_000, 5_000, 0)
    assert (
        f"Entry {wrong} corrected: Spent, $123.45, Fri, Nov 20, 2026 became Committed, $50, Fri, Nov 20, 2026."
        " It was only ordered"
    ) in page.page(address).text.replace("\u202f", " ")
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "resource_entry.corrected")).one()
    assert (audited.object_id, audited.changes["amount_cents"]) == (wrong, [12_345, 5_000])


def test_a_correction_is_refused_where_it_is_stale_or_says_nothing_new(scene: Scene) -> None:
    resource, call = make_resource(scene.strategy), scene.calls(scene.principal)
    entry = paid(EntryKind.SPENT, "$123.45")
    wrong = pages.add_entry(call, resource.id, **entry)
    for change, reason, field in (
        (paid(EntryKind.SPENT, "1"), " ", "reason"),
        (paid(EntryKind.SPENT, "-1"), "Wrong", "amount"),
        (paid(EntryKind.SPENT, "1", date(2026, 11, 21)), "Wrong", "on_day"),
        (entry, "Wrong", ""),
    ):
        with pytest.raises(Refused) as refused:
            pages.correct_entry(call, wrong, **change, reason=reason)
        assert refused.value.field == field
    pages.correct_entry(replace(call, version=1), wrong, **paid(EntryKind.SPENT, "$0"), reason="Nothing was paid")
    with pytest.raises(Stale):
        pages.correct_entry(replace(call, version=1), wrong, **paid(EntryKind.SPENT, "2"), reason="Again")
    assert money_of(call.actor, [resource.id])[resource.id] == Money(50_000, 0, 0)


def test_overspending_is_taken_and_said(scene: Scene, client_as: Any) -> None:
    resource = make_resource(scene.strategy, planned_cents=50_000)
    page = client_as(scene.principal)
    address = f"/safety-plans/resources/{resource.id}"
    page.submit(f"{address}/entries/new", {"kind": "spent", "amount": "$500"})
    assert "more is spent than planned" not in page.page(address).text
    done = page.submit(f"{address}/entries/new", {"kind": "spent", "amount": "0.01"})
    assert done.status_code == 303
    assert "$0.01 more is spent than planned" in page.page(address).text
    tab = page.page(f"/safety-plans/{scene.strategy.plan_id}/money").text
    assert f"{resource.title}: $0.01 more is spent than planned" in tab
    assert "more is committed or spent than funded" in tab, "there is no funding at all"
    FundingFactory(school_id=scene.school.id, amount_cents=50_001)
    assert "than funded" not in page.page(f"/safety-plans/{scene.strategy.plan_id}/money").text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"amount": "-5"}, "less than 0"),
        ({"amount": "0"}, "above $0"),
        ({"amount": "five"}, "in dollars"),
        ({"amount": ""}, "Enter an amount"),
        ({"on_day": "2099-01-01"}, "Choose a day in the years"),
        ({"on_day": "2026-11-21"}, "after today"),
        ({"on_day": "soon"}, "valid date"),
        ({"kind": ""}, "Choose whether"),
    ],
)
def test_a_wrong_entry_is_refused_beside_its_field_and_nothing_typed_is_lost(
    scene: Scene, client_as: Any, form: dict[str, str], words: str
) -> None:
    resource, page = make_resource(scene.strategy), client_as(scene.principal)
    sent = {"kind": "spent", "amount": "$1,234.56", "note": "Invoice 77"} | form
    answer = page.submit(f"/safety-plans/resources/{resource.id}/entries/new", sent)
    assert answer.status_code == 400 and words in answer.text and "Invoice 77" in answer.text
    assert f'value="{sent["amount"]}"' in answer.text
    assert db.session.scalar(select(ResourceEntry)) is None


@pytest.mark.parametrize(
    ("needed", "field"),
    [
        (Needed(ResourceKind.TRAINING, " ", 1), "title"),
        (Needed(ResourceKind.TRAINING, "Keepers", -1), "planned"),
        (Needed(ResourceKind.TRAINING, "Keepers", 1, "RJ-1"), "job_code"),
        (Needed(ResourceKind.TRAINING, "Keepers", 1, "", 50), "fte"),
        (Needed(ResourceKind.TRAINING, "Keepers", 1, "", None, TODAY), "filled_on"),
        (Needed(ResourceKind.POSITION, "Coordinator", 1), "vacant_since"),
        (Needed(ResourceKind.POSITION, "Coordinator", 1, vacant_since=date(2099, 1, 1)), "vacant_since"),
        (Needed(ResourceKind.POSITION, "Coordinator", 1, filled_on=date(2026, 11, 21)), "filled_on"),
        (
            Needed(ResourceKind.POSITION, "Coordinator", 1, filled_on=TODAY, vacant_since=date(2026, 11, 19)),
            "vacant_since",
        ),
    ],
)
def test_a_resource_that_cannot_be_is_refused_and_named(scene: Scene, needed: Needed, field: str) -> None:
    with pytest.raises(Refused) as refused:
        pages.add_resource(scene.calls(scene.principal), scene.strategy.id, needed)
    assert refused.value.field == field
    assert db.session.scalar(select(PlanResource)) is None


def test_a_vacancy_is_counted_in_days_and_ends_when_it_is_filled(scene: Scene, client_as: Any) -> None:
    page, strategy = client_as(scene.principal), scene.strategy
    form = {
        "strategy": str(strategy.id), "kind": "position", "title": "Restorative justice coordinator",
        "planned": "$80,000", "job_code": "RJ-1", "fte": "0.5", "vacant_since": "2026-11-01",
    }  # fmt: skip
    odd = page.submit(f"/safety-plans/{strategy.plan_id}/money/resources/new", form | {"fte": "half"})
    assert odd.status_code == 400 and "full-time position" in odd.text and "RJ-1" in odd.text
    done = page.submit(f"/safety-plans/{strategy.plan_id}/money/resources/new", form)
    assert "19 days open" in page.page(done.location).text
    make_resource(strategy, kind=ResourceKind.POSITION, title="Mentor", vacant_since=date(2026, 9, 1))
    make_resource(strategy, kind=ResourceKind.POSITION, title="Counselor", filled_on=date(2026, 9, 1))
    tab = page.page(f"/safety-plans/{strategy.plan_id}/money").text
    assert tab.index("80 days open") < tab.index("19 days open"), "the longest first"
    vacant = page.page("/safety-plans/resources?standing=vacant&sort=-open").text
    assert vacant.index("Mentor") < vacant.index("Restorative justice coordinator") and "Counselor" not in vacant
    page.submit(f"{done.location}/change", {"filled_on": "2026-11-20", "vacant_since": ""})
    shown = page.page(done.location).text
    assert "days open" not in shown and "Filled on" in shown
    row = db.session.scalars(select(PlanResource).where(PlanResource.job_code == "RJ-1")).one()
    assert (row.fte_hundredths, row.planned_cents, row.vacant_since) == (50, 8_000_000, None)


def test_others_of_the_school_read_resources_and_no_one_else_does(scene: Scene, client_as: Any) -> None:
    resource = make_resource(scene.strategy)
    address, title = f"/safety-plans/resources/{resource.id}", resource.title
    for reader in (make_user(Role.DEAN, scene.school), make_user(Role.COORDINATOR, scene.school), scene.district):
        page = client_as(reader)
        assert title in page.page(address).text and title in page.page("/safety-plans/resources").text
    stranger = client_as(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    assert title not in stranger.page("/safety-plans/resources").text


def test_no_one_but_an_administrator_of_the_school_writes(scene: Scene) -> None:
    strategy_id, resource_id = scene.strategy.id, make_resource(scene.strategy).id
    entry_id = ResourceEntryFactory(school_id=scene.school.id, resource_id=resource_id).id
    calls = [
        scene.calls(make_user(Role.ADMINISTRATOR, SchoolFactory())),
        scene.calls(make_user(Role.DEAN, scene.school)),
        scene.calls(scene.district),
    ]
    for call in calls:
        for act in (
            lambda call: pages.add_resource(call, strategy_id, COORDINATOR),
            lambda call: pages.change_resource(call, resource_id, COORDINATOR),
            lambda call: pages.add_entry(call, resource_id, **paid(EntryKind.SPENT, "0.01")),
            lambda call: pages.correct_entry(call, entry_id, **paid(EntryKind.SPENT, "0.01"), reason="Wrong"),
        ):
            with pytest.raises(NotFound):
                act(call)
    assert money_by_kind(calls[0].actor) == {}


def test_a_closed_plan_takes_no_resource_but_the_last_entries(scene: Scene) -> None:
    resource, call = make_resource(scene.strategy), scene.calls(scene.principal)
    plan = db.session.get_one(SchoolPlan, scene.strategy.plan_id)
    plan.state, plan.closed_on = PlanState.CLOSED, TODAY
    db.session.commit()
    with pytest.raises(Refused, match="closed"):
        pages.add_resource(call, scene.strategy.id, COORDINATOR)
    with pytest.raises(Refused, match="closed"):
        pages.change_resource(call, resource.id, COORDINATOR)
    pages.add_entry(call, resource.id, **paid(EntryKind.SPENT, "0.01"))


@pytest.mark.both_databases
def test_money_by_kind_is_what_a_second_count_finds(scene: Scene) -> None:
    elsewhere, head = SchoolFactory(), make_user(Role.ADMINISTRATOR)
    other = make_strategy(elsewhere, head)
    draft = make_strategy(SchoolFactory(), head)
    db.session.get_one(SchoolPlan, draft.plan_id).state = PlanState.DRAFT
    amounts = iter(range(1, 1_000, 7))
    for strategy in (scene.strategy, scene.strategy, other, draft):
        for kind in (ResourceKind.TRAINING, ResourceKind.STIPEND, ResourceKind.OTHER):
            resource = make_resource(strategy, kind=kind, planned_cents=next(amounts))
            placed = {"school_id": strategy.school_id, "resource_id": resource.id}
            if kind is not ResourceKind.OTHER:
                ResourceEntryFactory(**placed, amount_cents=next(amounts))
                ResourceEntryFactory(**placed, kind=EntryKind.COMMITTED, amount_cents=next(amounts))
                ResourceEntryFactory(**placed, amount_cents=0)
                ResourceEntryFactory(**placed, amount_cents=next(amounts))
    found = money_by_kind(scene.calls(scene.district).actor)
    assert set(found) == {scene.school.id, elsewhere.id}, "a draft is no plan that stands"
    for school_id, by_kind in found.items():
        for kind, money in by_kind.items():
            row = db.session.execute(
                text(
                    "SELECT (SELECT SUM(planned_cents) FROM plan_resource WHERE school_id = :s AND kind = :k), "
                    "(SELECT COALESCE(SUM(e.amount_cents), 0) FROM resource_entry e, plan_resource r "
                    "WHERE e.resource_id = r.id AND r.school_id = :s AND r.kind = :k AND e.kind = 'committed'), "
                    "(SELECT COALESCE(SUM(e.amount_cents), 0) FROM resource_entry e, plan_resource r "
                    "WHERE e.resource_id = r.id AND r.school_id = :s AND r.kind = :k AND e.kind = 'spent')"
                ),
                {"s": school_id, "k": kind.value},
            ).one()
            assert (money.planned, money.committed, money.spent) == tuple(map(int, row))
    one = money_by_kind(scene.calls(scene.district).actor, [elsewhere.id])
    assert set(one) == {elsewhere.id} and one[elsewhere.id] == found[elsewhere.id]
    assert set(money_by_kind(scene.calls(scene.district).actor, plan_id=draft.plan_id)) == {draft.school_id}


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
    assert "Measure Incidents, per 100 students per school day Baseline 0.4 (2025-26 to Tue, Jun 30, 2026)" in told
    assert "Now 0.75 (2026-27 so far)" in told, "12 incidents of 20 students in 80 days since August"
    assert "Target down to 40 by" in told and "$500" in told
    assert "This goal points the wrong way, and no reason is given." in told


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
