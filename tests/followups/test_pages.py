"""Follow-ups on screen: closing, moving, the list page after page, and My day one tap away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.cases.making import make_incident, make_world
from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentFactory
from tests.factories.roster import SchoolFactory, StudentFactory, make_calendar
from tests.mail.making import scene
from tests.support.pages.client import PageClient
from tests.support.pages.tables import heads_of, list_of, rows_of
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.presenters import due_words
from wss_cases.followups.pages.open_list import PAGE
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import Guardian, StudentGuardian
from wss_cases.roster.directory.rules import DayKind, SchoolDays

At = Callable[..., datetime]
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("due", "words", "state"),
    [
        (date(2026, 11, 19), "Overdue by 3 school days", "overdue"),
        (date(2026, 11, 23), "Overdue by 1 school day", "overdue"),
        (TODAY, "Due today", "today"),
        (date(2026, 11, 25), "Due tomorrow (Wed)", "soon"),
        (date(2026, 11, 30), "Due Mon, Nov 30", "soon"),
        (date(2026, 12, 16), "Due in 14 school days (Wed, Dec 16)", "later"),
    ],
)
def test_dates_in_words(session: Any, due: date, words: str, state: str) -> None:
    closed = {date(2026, 11, 26): DayKind.CLOSED, date(2026, 11, 27): DayKind.CLOSED}
    found = due_words(due, TODAY, SchoolDays(closed))
    assert (found.words, found.state) == (words, state)


def test_whom_lateness_reaches_reads_the_same_count_twice(session: Any, at: At, client_as: Any) -> None:
    """Days of summer that a sweep no longer knows counted as school days in one of the two."""
    at("2026-11-24 10:00")
    here = scene()
    summer = [date(2026, 6, 15) + timedelta(days=number) for number in range(40)]
    make_calendar(summer[0], summer[-1], closed=summer, school_id=here.school.id)
    row = here.due(date(2026, 1, 5), owner_id=make_user(Role.DEAN, here.school).id)
    page = client_as(here.coordinator).page(f"/follow-ups/{row.id}").text
    [above] = re.findall(r"Overdue by (\d+) school days", page)
    assert re.findall(r"Overdue for (\d+) school days;", page) == [above]


def test_closing_needs_an_outcome_and_where_it_says_little_a_sentence(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    row = here.due()
    client = client_as(here.coordinator)
    address = f"/follow-ups/{row.id}"
    refused = client.submit(address, {"note": "Called twice"})
    assert refused.status_code == 400
    assert "Choose how it went." in refused.get_data(as_text=True)
    assert "Called twice" in refused.get_data(as_text=True)
    assert client.submit(address, {"outcome": "not_reached"}).status_code == 400
    assert client.submit(address, {"outcome": "reached"}).status_code == 400
    assert client.submit(address, {"outcome": "reached", "manner": "phone"}).status_code == 303
    assert fresh(row).evidence == {"manner": "phone", "on": "2026-11-24", "attempts": 1}
    assert "Phone call" in client.page(address).text
    assert fresh(row).state is FollowUpState.DONE
    assert (fresh(row).outcome, fresh(row).closed_on) == ("reached", TODAY)


def test_moving_takes_a_school_day_and_a_reason(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    row = here.due()
    client = client_as(here.coordinator)
    address = f"/follow-ups/{row.id}/move"
    assert client.submit(address, {"due_on": "2026-11-28", "reason": "asked"}).status_code == 400
    assert client.submit(address, {"due_on": "2026-11-30"}).status_code == 400
    assert client.submit(address, {"due_on": "2026-11-30", "reason": "asked"}).status_code == 303
    assert (fresh(row).due_on, fresh(row).original_due_on) == (date(2026, 11, 30), TODAY)


def test_handing_on_cancelling_and_adding(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    dean = make_user(Role.DEAN, here.school)
    row, other = here.due(), here.due()
    client = client_as(here.coordinator)
    for owner in (make_user(Role.DEAN, SchoolFactory()).id, 999_999):
        refused = client.submit(f"/follow-ups/{row.id}/hand-on", {"owner": str(owner)})
        assert refused.status_code == 400 and "Choose someone who works at this school." in refused.text
    assert client.submit(f"/follow-ups/{row.id}/hand-on", {"owner": str(dean.id)}).status_code == 303
    assert fresh(row).owner_id == dean.id
    assert client.submit(f"/follow-ups/{other.id}/cancel", {"reason": " "}).status_code == 400
    assert client.submit(f"/follow-ups/{other.id}/cancel", {"reason": "Moved away"}).status_code == 303
    assert fresh(other).state is FollowUpState.CANCELLED
    added = client.submit(f"/cases/{here.case.id}/follow-ups/new", {"title": "Ask the coach", "due_on": "2026-11-30"})
    assert added.status_code == 303
    assert "Ask the coach" in client.page("/follow-ups").text


def test_my_day_shows_what_is_due_with_its_act(session: Any, at: At, client_as: Any) -> None:
    at("2026-11-24 10:00")
    here = scene()
    here.due(date(2026, 11, 20), title="Look into it")
    here.due(title="")
    here.due(date(2026, 12, 9), title="Much later")
    page = client_as(here.coordinator).page("/my-day").text
    assert "1 overdue, 1 due today" in page
    assert "Overdue by 2 school days" in page
    assert "First contact with the person harmed" in page
    assert "Much later" not in page


@pytest.mark.parametrize("role", [Role.REPORTER, Role.DEAN, Role.ADMINISTRATOR])
def test_an_empty_day_says_so(session: Any, at: At, client_as: Any, role: Role) -> None:
    at("2026-11-24 18:30")
    page = client_as(make_user(role, scene().school)).page("/my-day").text
    assert "Good evening" in page
    assert "Nothing is due" in page


def test_every_own_follow_up_is_on_one_of_the_pages(session: Any, client_as: Callable[[Any], PageClient]) -> None:
    school = SchoolFactory()
    mine, other = make_user(Role.COORDINATOR, school), make_user(Role.COORDINATOR, school)
    incident = IncidentFactory(school_id=school.id)
    made = set()
    for number in range(PAGE * 2 + 10):
        owner = mine if number % 2 else other
        row = FollowUpFactory(
            school_id=school.id,
            incident_id=incident.id,
            owner_id=owner.id,
            due_on=date(2026, 11, 2) + timedelta(days=number // 10),
        )
        if owner is mine:
            made.add(row.id)
    client = client_as(mine)
    seen: set[int] = set()
    address, pages = "/follow-ups", 0
    while address:
        text = client.get(address).get_data(as_text=True)
        found = {int(i) for i in re.findall(r'href="/follow-ups/(\d+)"', text)}
        assert len(found) <= PAGE and not found & seen
        seen |= found
        pages += 1
        onward = re.search(r'href="(/follow-ups\?after=[^"]+)"', text)
        address = onward.group(1).replace("&amp;", "&") if onward else ""
    assert (seen, pages) == (made, 2)


def test_a_damaged_place_in_the_list_shows_the_first_page(session: Any, client_as: Callable[[Any], PageClient]) -> None:
    client = client_as(make_user(Role.COORDINATOR, SchoolFactory()))
    for after in ("x", "-1", "2026-11-02.7", "9" * 40, "999999"):
        assert client.get("/follow-ups", query_string={"after": after}).status_code == 200


def filled(world: Any, count: int) -> list[Any]:
    other = make_user(Role.DEAN, world.school, name="Robin Vale")
    report = make_incident(world.school, *((student, PersonRole.HARMED) for student in world.students))
    made = []
    for number in range(count):
        about = (
            {"incident_id": report.id, "incident_person_id": report.people[number % 2].id},
            {"case_id": world.case.id},
        )[number % 3 == 2]
        made.append(
            FollowUpFactory(
                school_id=world.school.id,
                owner_id=(world.coordinator.id, other.id)[number % 2],
                title=("Ask the coach", "", "Bring the form")[number % 3],
                kind=("other", "agreement_check_in", "guardian_contact")[number % 3],
                due_on=date(2026, 11, 20) + timedelta(days=number % 8),
                **about,
            )
        )
    return made


@pytest.mark.both_databases
def test_every_order_has_every_follow_up_once_as_its_words_go(world: Any, client_as: Callable[[Any], Any]) -> None:
    made = filled(world, PAGE + 7)
    client = client_as(world.coordinator)
    keys = {"who": "", "what": "What", "due": "", "owner": "Assigned to", "number": "Case or report"}
    for key, column in keys.items():
        orders = []
        for sign in ("", "-"):
            pages, address = [], f"/follow-ups?whose=school&sort={sign}{key}"
            while address:
                page = client.page(address)
                pages.append(page)
                address = next((link.get("href") for link in page.find_all("a") if link.get("rel") == "next"), "")
            orders.append([(number_of(row), words) for page in pages for row, words in both(page)])
        ids = [[number for number, _words in order] for order in orders]
        assert ids[0] == ids[1][::-1] and sorted(ids[0]) == sorted(row.id for row in made), key
        words = [row[column] for _number, row in orders[0] if column]
        assert words == sorted(words, key=str.casefold) and (not column or len(set(words)) > 1), key


def both(page: Any) -> list[tuple[Any, dict[str, str]]]:
    table = list_of(page)
    assert table is not None
    return list(zip(table.find_all("tbody")[0].find_all("tr"), rows_of(page), strict=True))


def number_of(row: Any) -> int:
    return int(row.find_all("a")[0].get("href").rpartition("/")[2])


def test_a_row_says_whom_it_is_about_what_when_whom_to_call_and_how_it_stands(
    world: Any, client_as: Callable[[Any], Any]
) -> None:
    student = world.students[0]
    parent = Guardian(sourced_id="g1", name="Rosa Ruiz", language="es", phone="312-555-0101")
    db.session.add(parent)
    db.session.flush()
    db.session.add(StudentGuardian(student_id=student.id, guardian_id=parent.id, relation="mother", is_primary=True))
    report = make_incident(world.school, (student, PersonRole.HARMED))
    values = {"school_id": world.school.id, "incident_id": report.id, "owner_id": world.coordinator.id, "kind": "other"}
    first, second = (
        FollowUpFactory(incident_person_id=report.people[0].id, title=title, due_on=date(2026, 11, day), **values)
        for title, day in (("Ask the coach", 23), ("Ask again", 25))
    )
    page = client_as(world.coordinator).page("/follow-ups")
    rows = rows_of(page)
    assert rows[0] == {
        "Who": student.shown_name,
        "What": "Ask the coach",
        "Due": "Mon, Nov 23",
        "Who to call": "Call Rosa Ruiz · Mother · 312-555-0101 · Spanish",
        "Case or report": report.reference,
        "State": "Overdue by 1 school day",
        "Visit": f"Visit {student.shown_name}",
    }
    assert (rows[1]["What"], rows[1]["Visit"]) == ("Ask again", ""), "one visit is for all of a week"
    hrefs = [link.get("href") for link in page.find_all("a")]
    assert "tel:3125550101" in hrefs and f"/follow-ups/{first.id}/visit" in hrefs
    assert f"/follow-ups/{second.id}/visit" not in hrefs
    [first_at_school, *_more] = rows_of(client_as(world.coordinator).page("/follow-ups?whose=school"))
    assert first_at_school["Assigned to"] == world.coordinator.name


def test_no_order_tells_whom_a_follow_up_is_about_to_who_does_not_read_it(
    world: Any, client_as: Callable[[Any], Any]
) -> None:
    teacher = make_user(Role.REPORTER, world.school)
    values = {"school_id": world.school.id, "owner_id": teacher.id, "kind": "agreement_check_in"}
    theirs = []
    for family in ("Zoran", "Abel"):
        student = StudentFactory(school=world.school, family_name=family)
        report = make_incident(world.school, (student, PersonRole.HARMED))
        theirs.append(FollowUpFactory(incident_id=report.id, **values).id)
    for row in both(page := client_as(teacher).page("/follow-ups?sort=who")):
        assert row[1]["Who"] == "No student named"
    assert [number_of(row) for row, _words in both(page)] == theirs
    seen = [
        number_of(row) for row, _words in both(client_as(world.coordinator).page("/follow-ups?whose=school&sort=who"))
    ]
    assert [number for number in seen if number in theirs] == theirs[::-1]


def test_a_page_goes_on_behind_what_is_done_by_now(world: Any, client_as: Callable[[Any], Any]) -> None:
    made = filled(world, 8)
    last = made[3]
    last.state = FollowUpState.DONE
    last.outcome, last.closed_on = "done", date(2026, 11, 24)
    db.session.commit()
    stranger = make_world()
    rows = both(client_as(world.coordinator).page(f"/follow-ups?whose=school&after={last.id}"))
    assert [number_of(row) for row, _words in rows] == [row.id for row in made[4:]]
    assert not list_of(client_as(stranger.coordinator).page(f"/follow-ups?whose=school&after={last.id}"))


def test_an_administrator_takes_the_list_as_a_file(world: Any, client_as: Callable[[Any], Any]) -> None:
    filled(world, 6)
    make_user(Role.ADMINISTRATOR, world.school)
    client = client_as(make_user(Role.ADMINISTRATOR, world.school))
    page = client.page("/follow-ups?whose=school&sort=-due")
    address = next(link.get("href") for link in page.find_all("a") if "/outcomes/lists/" in link.get("href"))
    answer = client.submit(address, {"reason": "For the meeting of the case team on Monday."})
    head, *rows = csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")))
    assert head == heads_of(page)[:-1] and "Visit" not in head
    assert rows == [list(row.values())[:-1] for row in rows_of(page)]
    assert "/outcomes/lists/" not in str(client_as(world.coordinator).get("/follow-ups?whose=school").data)
