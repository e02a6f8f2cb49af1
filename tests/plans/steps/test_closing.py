"""A step closes only with evidence: the error names the field and loses nothing; who may, and who sees it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import StudentFactory
from tests.plans.making import NOW, Planning, make_plan
from tests.workday.feed.test_contents import events, made_address
from wss_cases.access.actor import Invocation, Role
from wss_cases.followups import making
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.evidence import Evidence
from wss_cases.followups.undo import last_act, undo
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.plans.steps import record_step
from wss_cases.workday.my_day.queries import my_day

TODAY = date(2026, 11, 24)
SHEET = "The sign-in sheet, 12 names, in the office"


@pytest.fixture
def here(session: Any, at: Any) -> Planning:
    at("2026-11-24 10:00")
    made = make_plan()
    made.step(date(2026, 11, 20))
    made.ask()
    return made


def only(here: Planning) -> Any:
    (row,) = here.asked()
    return row


@pytest.mark.parametrize(
    ("outcome", "on_day", "evidence", "field"),
    [
        ("", TODAY, SHEET, "outcome"),
        ("happened_again", TODAY, SHEET, "outcome"),
        ("done", None, SHEET, "on_day"),
        ("done", date(2026, 11, 25), SHEET, "on_day"),
        ("done", date(2026, 7, 31), SHEET, "on_day"),
        ("done", TODAY, "", "evidence"),
        ("done", TODAY, "  \n", "evidence"),
        ("partly", TODAY, "", "evidence"),
        ("not_done", TODAY, "", "evidence"),
        ("done", date(2026, 8, 1), SHEET, ""),
    ],
)
def test_what_is_missing_is_named(here: Planning, outcome: str, on_day: date | None, evidence: str, field: str) -> None:
    call, row = Invocation(acting(here.place.people["owner"]), clock.now()), only(here)
    answers = {"outcome": outcome, "on_day": on_day, "evidence": evidence}
    if not field:
        record_step(call, row.id, **answers)
        assert fresh(row).state == "done"
        return
    with pytest.raises(Refused) as refusal:
        record_step(call, row.id, **answers)
    assert refusal.value.field == field


def test_it_closes_with_evidence_only_and_loses_nothing_that_was_typed(here: Planning, client_as: Any) -> None:
    row = only(here)
    client = client_as(here.place.people["owner"])
    address = f"/safety-plan-steps/{row.id}/done"
    refused = client.submit(address, {"outcome": "done", "on_day": "2026-11-23", "evidence": " "})
    words = refused.get_data(as_text=True)
    assert refused.status_code == 400 and "A step closes only with evidence." in words and 'value="2026-11-23"' in words
    StudentFactory(school=here.place.school, given_name="Zebulon", family_name="Quarterly")
    named = {"outcome": "done", "on_day": "2026-11-23", "evidence": "Zebulon Quarterly came to both."}
    refused = client.submit(address, named)
    words = refused.get_data(as_text=True)
    assert refused.status_code == 400 and "This may name a student: Zebulon" in words and named["evidence"] in words
    refused = client.submit(address, {"outcome": "done", "on_day": "2026-11-30", "evidence": SHEET})
    assert refused.status_code == 400 and SHEET in refused.get_data(as_text=True)
    assert only(here).state is FollowUpState.OPEN
    assert client.submit(address, {"outcome": "done", "on_day": "2026-11-23", "evidence": SHEET}).status_code == 303
    row = only(here)
    assert (row.state, row.outcome, row.closed_on) == (FollowUpState.DONE, "done", date(2026, 11, 23))
    shown = client.page(f"/safety-plans/{here.plan.id}/steps").text
    assert SHEET in shown and "Done on" in shown and "Overdue" not in shown
    again = client.submit(address, {"outcome": "partly", "on_day": "2026-11-23", "evidence": "x"})
    assert again.status_code == 400 and only(here).outcome == "done"
    kinds = set(db.session.scalars(select(TimelineEntry.kind).where(TimelineEntry.school_id == row.school_id)))
    assert {"followup.made", "followup.done", "plan.step_done"} <= kinds
    audited = select(AuditEntry.id).where(AuditEntry.action == "followup.done", AuditEntry.object_id == row.id)
    assert db.session.scalar(audited) is not None


def test_no_other_way_closes_it(here: Planning) -> None:
    row = only(here)
    call = Invocation(acting(here.place.people["owner"]), NOW)
    with pytest.raises(Refused, match="plan’s page"):
        making.close(call, row.id, "done", Evidence(SHEET, on_day=TODAY))
    assert only(here).state is FollowUpState.OPEN


def test_it_is_moved_and_given_on_with_a_trace_and_closing_is_taken_back(
    here: Planning, client_as: Any, at: Any
) -> None:
    row = only(here)
    client = client_as(here.place.people["lead"])
    moved = client.submit(f"/follow-ups/{row.id}/move", {"due_on": "2026-12-01", "reason": "no_time"})
    given = client.submit(f"/follow-ups/{row.id}/hand-on", {"owner": str(here.place.ids["dean"])})
    assert (moved.status_code, given.status_code) == (303, 303)
    assert (only(here).due_on, only(here).owner_id) == (date(2026, 12, 1), here.place.ids["dean"])
    shown = client.page(f"/safety-plans/{here.plan.id}/steps").text
    assert "first due" in shown and here.place.people["dean"].name in shown
    kinds = list(db.session.scalars(select(TimelineEntry.kind).where(TimelineEntry.subject_id == row.id)))
    assert {"followup.moved", "followup.reassigned"} <= set(kinds)
    dean = here.place.people["dean"]
    done = {"outcome": "done", "on_day": "2026-11-24", "evidence": SHEET}
    assert client_as(dean).submit(f"/safety-plan-steps/{row.id}/done", done).status_code == 303
    act = last_act(acting(dean), at("2026-11-24 10:05"))
    assert act is not None
    undo(acting(dean), act.batch, at("2026-11-24 10:06"))
    assert (only(here).state, only(here).outcome_note) == (FollowUpState.OPEN, "")


def test_it_stands_in_my_day_the_list_and_the_calendar_of_its_owner_who_may_be_any_staff(
    here: Planning, client_as: Any
) -> None:
    teacher = make_user(Role.REPORTER, here.place.school)
    step = here.step(TODAY, text="Hang up the poster")
    step.owner_id = teacher.id
    here.ask()
    due = my_day(acting(teacher), NOW)
    assert [item.row.title for item in (*due.overdue, *due.due_today, *due.coming)] == []
    client = client_as(teacher)
    row = next(one for one in here.asked() if one.plan_step_id == step.id)
    day = client.page("/my-day")
    assert "Hang up the poster" in day.text
    assert f'href="/safety-plan-steps/{row.id}/done"' in client.get("/my-day").get_data(as_text=True)
    listed = client.page("/follow-ups").text
    assert "Hang up the poster" in listed and "The whole school" in listed and "School plan" in listed
    page = client.page(f"/follow-ups/{row.id}").text
    assert "Record on the plan’s page what was done" in page
    assert client.get(f"/safety-plans/{here.plan.id}/steps").status_code == 404, "who only reports reads no plan"
    done = client.submit(f"/safety-plan-steps/{row.id}/done", {"outcome": "done", "evidence": "It hangs"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/follow-ups/{row.id}")


def test_a_private_calendar_says_what_kind_it_is_and_nothing_that_was_written(
    here: Planning, client_as: Any, app: Any
) -> None:
    found = events(app, made_address(client_as(here.place.people["owner"])))
    (entry,) = found["Step of the school’s plan"]
    assert entry.dtstart.value == date(2026, 11, 20)
    assert "keepers" not in repr(found)


def test_the_school_and_its_district_read_the_steps_and_nobody_else(here: Planning, client_as: Any) -> None:
    steps, row = f"/safety-plans/{here.plan.id}/steps", only(here)
    closing = f"/safety-plan-steps/{row.id}/done"
    for part in ("owner", "dean", "admin"):
        assert "Train two keepers" in client_as(here.place.people[part]).page(steps).text
    district = client_as(make_user(Role.DISTRICT))
    page = district.page(steps)
    assert "Train two keepers" in page.text and "Overdue by 2 school days" in page.text
    assert "Record it" not in page.text and district.get(closing).status_code == 404
    other = make_plan()
    for part in ("dean", "admin"):
        stranger = client_as(other.place.people[part])
        assert (stranger.get(steps).status_code, stranger.get(closing).status_code) == (404, 404)
    report = here.place.due(TODAY)
    assert client_as(here.place.people["owner"]).get(f"/safety-plan-steps/{report.id}/done").status_code == 404


def test_overdue_ones_come_first_and_the_plans_home_counts_them(here: Planning, client_as: Any) -> None:
    here.step(date(2026, 12, 10), text="Later on")
    here.ask()
    client = client_as(here.place.people["dean"])
    text = client.page(f"/safety-plans/{here.plan.id}/steps").text
    assert text.index("Train two keepers") < text.index("Later on")
    assert "1 step is overdue" in client.page(f"/safety-plans/{here.plan.id}").text


def test_it_never_leaves_view(here: Planning) -> None:
    row = only(here)
    case = here.place.case("lead")
    of_case = FollowUpFactory(
        school_id=row.school_id, case_id=case.id, state=FollowUpState.DONE, outcome="reached", outcome_note="x"
    )
    case.state, case.result, case.closed_at, case.next_review_on = "closed", "repaired", NOW, None
    row.state, row.outcome, row.outcome_note = FollowUpState.DONE, "done", SHEET
    db.session.commit()
    years_later = date(2031, 8, 1)
    in_view = set(db.session.scalars(select(FollowUp.id).where(FollowUp.since(years_later))))
    assert row.id in in_view and of_case.id not in in_view
    assert fresh(row).in_view_since(years_later) and not fresh(of_case).in_view_since(years_later)
