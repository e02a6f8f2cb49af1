"""The list of open follow-ups: page after page, one's own or the school's, nothing lost between."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.cases.making import make_incident, make_world
from tests.factories.accounts import make_user
from tests.factories.followups import FollowUpFactory
from tests.factories.incidents import IncidentFactory
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.pages.client import PageClient
from tests.support.pages.tables import heads_of, list_of, rows_of
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.pages.open_list import PAGE
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.roster.directory.models import Guardian, StudentGuardian


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
    """Make open follow-ups that name somebody or nobody, of many days, titles, kinds and owners."""
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


@pytest.fixture
def world(session: Any, at: Callable[..., Any]) -> Any:
    at("2026-11-24 10:00")
    return make_world()


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
    """Return the rows of the list, each as it stands and in words."""
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
