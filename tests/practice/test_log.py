"""The practice log: a few choices, no names, put right with a trace, taken back, and counted beside case work."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.base import fresh
from tests.factories.roster import SchoolFactory, StudentFactory
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.reports.practice import held_in
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.practice.log import PAGE, Leader, PracticeEntry, PracticeKind, entries

NOW = "2026-11-24 10:00"
THIS_YEAR = Scope(None, "2026-27", date(2026, 8, 1), date(2026, 11, 24), date(2026, 11, 24))


@pytest.fixture
def school(session, at):
    at(NOW)
    return SchoolFactory()


@pytest.fixture
def teacher(school):
    return make_user(Role.REPORTER, school)


def log(client, **values):
    return client.submit("/practice/new", {"group": "9|", "students": "22"} | values)


def only_entry():
    return db.session.scalars(select(PracticeEntry)).one()


def test_a_teacher_logs_a_circle_with_two_answers_and_no_word(school, teacher, client_as):
    client = client_as(teacher)
    assert "Log a circle" in client.page("/my-day").text
    assert log(client).status_code == 303
    entry = only_entry()
    assert (entry.kind, entry.grade, entry.students, entry.adults) == (PracticeKind.COMMUNITY, 9, 22, 1)
    assert (entry.minutes, entry.leader, entry.led_by_id) == (20, Leader.STAFF, teacher.id)
    assert entry.held_on.isoformat() == "2026-11-24"
    listed = client.page("/practice").text
    assert "Community circle · Grade 9" in listed and "22 students" in listed


def test_the_next_time_everything_is_as_it_was(school, teacher, client_as):
    client = client_as(teacher)
    log(client, place="Room 204", minutes="30", kind="check_in")
    assert client.submit("/practice/new", {}).status_code == 303
    first, second = db.session.scalars(select(PracticeEntry).order_by(PracticeEntry.id))
    same = ("kind", "grade", "place", "students", "adults", "minutes", "led_by_id")
    assert all(getattr(first, name) == getattr(second, name) for name in same)
    assert second.place == "Room 204"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"held_on": "2026-11-25"}, "Choose today or an earlier day."),
        ({"students": "0", "adults": "0"}, "Enter how many were there."),
        ({"students": "many"}, "Write a number from 0 to 2000."),
        ({"students": "-1"}, "Write a number from 0 to 2000."),
        ({"group": None}, "Choose a class or a grade."),
        ({"place": "with Zenobia"}, "Leave out student names."),
        ({"place": "x" * 61}, "Use at most 60 characters."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(school, teacher, client_as, values, words):
    StudentFactory(school=school, given_name="Zenobia")
    refused = log(client_as(teacher), **values)
    assert refused.status_code == 400 and words in refused.text
    assert db.session.scalar(select(PracticeEntry.id)) is None


def test_somebody_of_the_school_or_from_outside_may_have_led_it(school, teacher, client_as):
    colleague, stranger = make_user(Role.DEAN, school), make_user(Role.DEAN, SchoolFactory())
    client = client_as(teacher)
    log(client, led_by=str(colleague.id))
    assert only_entry().led_by_id == colleague.id
    data = {name: held[0] for name, held in client.form("/practice/new").values().items() if held}
    assert client.post("/practice/new", data=data | {"led_by": str(stranger.id)}).status_code == 400
    assert client.submit("/practice/new", {"led_by": "students"}).status_code == 303
    latest = db.session.scalars(select(PracticeEntry).order_by(PracticeEntry.id.desc())).first()
    assert (latest.leader, latest.led_by_id) == (Leader.STUDENTS, None)


def test_it_is_put_right_with_a_trace_and_taken_back(school, teacher, client_as):
    client = client_as(teacher)
    log(client)
    page = f"/practice/{only_entry().id}"
    assert client.submit(page, {"students": "25"}, holding="students").status_code == 303
    assert fresh(only_entry()).students == 25
    trace = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "practice.corrected")).one()
    assert trace.changes == {"students": [22, 25]}
    assert "Corrected" in client.page(page).text
    assert client.submit(page, {}, action="/take-back").status_code == 303
    assert fresh(only_entry()).taken_back_at is not None
    again = client.submit(page, {"students": "3"}, holding="students")
    assert again.status_code == 400 and "already withdrawn" in again.text
    assert not held_in(acting(make_user(Role.COORDINATOR, school)), THIS_YEAR).total


def test_a_stale_page_overwrites_nothing(school, teacher, client_as):
    client = client_as(teacher)
    log(client)
    page = f"/practice/{only_entry().id}"
    data = {name: held[0] for name, held in client.form(page, holding="students").values().items() if held}
    client.submit(page, {"students": "25"}, holding="students")
    assert client.post(page, data=data | {"students": "3", "request_key": "another"}).status_code == 409
    assert fresh(only_entry()).students == 25


def test_a_teacher_sees_their_own_and_the_case_team_all(school, teacher, client_as):
    log(client_as(teacher))
    entry_id = only_entry().id
    other = make_user(Role.REPORTER, school)
    assert client_as(other).get(f"/practice/{entry_id}").status_code == 404
    assert "Grade 9" not in client_as(other).page("/practice").text
    assert "Grade 9" in client_as(make_user(Role.COORDINATOR, school)).page("/practice").text


def test_the_list_has_pages(school, teacher, client_as):
    for _number in range(PAGE + 1):
        db.session.add(
            PracticeEntry(
                school_id=school.id, held_on=date(2026, 11, 23), kind=PracticeKind.CHAT, leader=Leader.OUTSIDE,
                students=2, adults=1, minutes=10, logged_by_id=teacher.id, logged_at=fresh(teacher).created_at,
            )
        )  # fmt: skip
    db.session.flush()
    assert len(entries(acting(teacher), school.id, None)) == PAGE + 1
    oldest = db.session.scalars(select(PracticeEntry.id).order_by(PracticeEntry.id)).first()
    first = client_as(teacher).page("/practice")
    assert f"/practice/{oldest}" not in [link.get("href") for link in first.find_all("a")]
    assert "Next" in [link.text.strip() for link in first.find_all("a")]
    assert len(entries(acting(teacher), school.id, oldest + 1)) == 1


@pytest.mark.both_databases
def test_a_circle_is_logged_with_the_plan_that_it_followed(school, teacher, client_as):
    client = client_as(teacher)
    assert "No plan" not in client.page("/practice/new").text
    for kind in ("shelf", "community"):
        client.submit("/circle-plans/new", {"kind": kind, "title": f"Of {kind}", "rounds": "One word for today?"})
    shelf, community = db.session.scalars(
        select(CirclePlan.id).where(CirclePlan.school_id == school.id).order_by(CirclePlan.id)
    )
    address = f"/circle-plans/{shelf}"
    log_it = next(a.get("href") for a in client.page(address).find_all("a") if a.text == "Log a circle")
    assert client.form(log_it).values()["plan"] == [str(shelf)]
    assert client.submit(log_it, {"group": "9|", "students": "22"}).status_code == 303
    entry = only_entry()
    assert entry.plan_id == shelf
    assert (
        "Circles that followed this plan" in client.page(address).text and "Nov 24, 2026" in client.page(address).text
    )
    client.submit(f"/practice/{entry.id}", {"plan": str(community)}, holding="kind")
    assert fresh(entry).plan_id == community and "Circles that followed" not in client.page(address).text
    # another school's plan is none to choose, and its people see no day of this one
    elsewhere = SchoolFactory()
    stranger = client_as(make_user(Role.REPORTER, elsewhere))
    stranger.submit("/circle-plans/new", {"kind": "shelf", "title": "Theirs", "rounds": "One word?"})
    theirs = db.session.scalars(select(CirclePlan.id).where(CirclePlan.school_id == elsewhere.id)).one()
    data = {name: held[0] for name, held in client.form("/practice/new").values().items() if held}
    refused = client.post("/practice/new", data=data | {"group": "9|", "plan": str(theirs)})
    assert refused.status_code == 400
    # what is withdrawn followed none, and a plan that is deleted takes no entry with it
    token = client.csrf_token("/practice")
    assert client.post(f"/circle-plans/{community}/delete", data={"csrf_token": token}).status_code == 303
    db.session.expire_all()
    assert only_entry().plan_id is None
