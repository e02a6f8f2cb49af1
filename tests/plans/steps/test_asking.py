"""Steps of a plan in force are asked for: once, on a school day, of their owner; and no longer than the plan stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.base import fresh
from tests.plans.making import NOW, Planning, make_plan
from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.followups.core.models import FollowUpState
from wss_cases.foundation.db import db
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.steps import lead_changed, plan_moved, step_dropped, step_written

SATURDAY, MONDAY = date(2026, 11, 14), date(2026, 11, 16)


def changed(act: Callable[..., None], record: Any, now: datetime = NOW, **values: Any) -> None:
    """Change a record and let what follows from it follow, in one unit of work."""
    with unit_of_work(SYSTEM, now) as uow:
        row = uow.session.get_one(type(record), record.id)
        for name, value in values.items():
            setattr(row, name, value)
        uow.session.flush()
        act(uow, row)
        uow.no_audit()


def test_a_plan_in_force_asks_each_step_of_its_owner_once(session: Any) -> None:
    here = make_plan()
    first, late = here.step(SATURDAY), here.step(date(2026, 10, 1), owner="dean", text="x" * 300)
    here.ask()
    here.ask()
    rows = {row.plan_step_id: row for row in here.asked()}
    assert set(rows) == {first.id, late.id}
    asked, behind = rows[first.id], rows[late.id]
    assert (asked.kind, asked.title, asked.school_id) == ("plan_step", "Train two keepers", here.plan.school_id)
    assert (asked.owner_id, asked.lead_id, asked.single_mail) == (here.place.ids["owner"], here.plan.lead_id, True)
    assert (asked.due_on, asked.original_due_on, asked.same_day) == (MONDAY, SATURDAY, False)
    assert (behind.due_on, behind.original_due_on) == (date(2026, 11, 3), date(2026, 10, 1)), "the next school day"
    assert len(behind.title) == 200 and behind.title.endswith("…")


@pytest.mark.parametrize("state", [PlanState.DRAFT, PlanState.COMMITTEE, PlanState.COUNCIL_VOTE])
def test_a_plan_that_is_not_in_force_asks_for_nothing(session: Any, state: PlanState) -> None:
    here = make_plan(state=state)
    step = here.step()
    here.ask()
    changed(step_written, step)
    assert here.asked() == []


def test_a_step_added_or_reworded_later_is_asked_for_in_its_newest_words(session: Any) -> None:
    here = make_plan()
    here.ask()
    step = here.step()
    db.session.commit()
    changed(step_written, step)
    (row,) = here.asked()
    changed(step_written, step, text="Train three keepers")
    assert [one.title for one in here.asked()] == ["Train three keepers"]
    row = fresh(row)
    row.state, row.outcome, row.outcome_note = FollowUpState.DONE, "done", "Sheet"
    db.session.commit()
    changed(step_written, step, text="Train nobody")
    assert [one.title for one in here.asked()] == ["Train three keepers"], "what was done keeps its words"


def test_an_open_one_follows_the_plans_day_and_owner_and_stays_where_somebody_put_it(session: Any) -> None:
    here = make_plan()
    step = here.step(MONDAY)
    here.ask()
    ids = here.place.ids
    changed(step_written, step, due_on=date(2026, 12, 5), owner_id=ids["dean"])
    (row,) = here.asked()
    assert (row.due_on, row.original_due_on, row.owner_id) == (date(2026, 12, 7), date(2026, 12, 5), ids["dean"])
    row.due_on, row.owner_id, row.given_by_id = date(2026, 12, 10), ids["other"], ids["lead"]
    db.session.commit()
    changed(step_written, step, text="Train four keepers")
    (row,) = here.asked()
    assert (row.title, row.due_on, row.owner_id) == ("Train four keepers", date(2026, 12, 10), ids["other"])


def ended(here: Planning) -> list[tuple[FollowUpState, str]]:
    return [(row.state, row.outcome_note) for row in here.asked()]


def test_what_the_plan_no_longer_wants_is_asked_no_more(session: Any) -> None:
    here = make_plan()
    one, done = here.step(), here.step()
    here.ask()
    row = next(row for row in here.asked() if row.plan_step_id == done.id)
    row.state, row.outcome, row.outcome_note = FollowUpState.DONE, "done", "Sheet"
    db.session.commit()
    changed(step_dropped, one)
    assert ended(here) == [
        (FollowUpState.CANCELLED, "The step was taken out of the plan"),
        (FollowUpState.DONE, "Sheet"),
    ]
    other = make_plan()
    other.step()
    other.ask()
    changed(plan_moved, other.plan, state=PlanState.CLOSED, closed_on=date(2026, 11, 2))
    assert ended(other) == [(FollowUpState.CANCELLED, "The plan was closed")]
    assert ended(here)[1] == (FollowUpState.DONE, "Sheet"), "another school's plan is another plan"


def test_who_leads_the_plan_now_hears_of_what_is_late(session: Any) -> None:
    here = make_plan()
    here.step()
    here.ask()
    changed(lead_changed, here.plan, lead_id=here.place.ids["dean"])
    assert [row.lead_id for row in here.asked()] == [here.place.ids["dean"]]


def test_lateness_reaches_the_plans_lead_then_the_administrator_and_nobody_of_a_done_one(session: Any, at: Any) -> None:
    here = make_plan()
    here.step(MONDAY)
    here.ask()
    place = here.place
    due, late, digest = "followup.due", "followup.late", "digest"
    table: list[tuple[str, set[str]]] = [
        ("11-13 17:58", {f"owner {digest}"}),
        ("11-16 00:10", {f"owner {due}"}),
        ("11-17 00:10", {f"lead {late}"}),
        ("11-18 00:10", set()),
        ("11-19 00:10", {f"admin {late}"}),
        ("11-23 06:30", {f"owner {digest}"}),
    ]
    for wall, expected in table:
        assert (wall, place.sweep(at(f"2026-{wall}"))) == (wall, expected)
    (row,) = here.asked()
    row.state, row.outcome, row.outcome_note = FollowUpState.DONE, "done", "Sheet"
    row.closed_at, row.closed_on = datetime(2026, 11, 23, 18, tzinfo=UTC), date(2026, 11, 23)
    db.session.commit()
    assert place.sweep(at("2026-11-24 06:30")) == set()


def test_a_step_whose_owner_left_goes_to_the_plans_lead(session: Any, at: Any) -> None:
    here = make_plan()
    here.step(MONDAY)
    here.ask()
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == here.place.ids["owner"])):
        grant.ends_on = date(2026, 11, 4)
    db.session.commit()
    assert here.place.sweep(at("2026-11-05 10:00")) == {"lead followups.given"}
    assert [row.owner_id for row in here.asked()] == [here.plan.lead_id]
