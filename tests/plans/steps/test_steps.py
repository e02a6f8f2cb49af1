"""Steps of a plan: reminders ask, evidence closes, and each hangs on exactly one record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.architecture.test_migrations import PLAUSIBLE, engine, plant, run
from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.factories.roster import StudentFactory
from tests.plans.making import NOW, Planning, make_plan
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.workday.feed.test_contents import events, made_address
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.followups import making
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.evidence import Evidence
from wss_cases.followups.undo import last_act, undo
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.plans.plan.core.models import PlanState
from wss_cases.plans.steps import lead_changed, plan_moved, record_step, step_dropped, step_written
from wss_cases.workday.my_day.queries import my_day

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


@pytest.mark.both_databases
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


@pytest.mark.both_databases
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
