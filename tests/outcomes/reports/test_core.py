"""The core reports: every combination of filters counts what the rows say, a bar leads where its number is, and each
role sees no more than it may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories.accounts import acting, make_user
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory, make_calendar
from tests.outcomes.making.small_district import TODAY, Made
from tests.outcomes.reports.loops import YEAR_BEGINS, Second, rows
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.lists import conditions_of, counts_by_group
from wss_cases.incidents.pages import read_filter
from wss_cases.outcomes.counting.scope.rules import scope_of
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.outcomes.reports.core import bands_of, reporting
from wss_cases.outcomes.reports.side_by_side import school_rows
from wss_cases.roster.directory.models import Enrolment
from wss_cases.roster.directory.queries import school_days

ClientAs = Callable[[Any], PageClient]
PAGE = "/outcomes/incidents"


@pytest.fixture
def made(at: Any, session: Any) -> Made:
    """Two schools and a term."""
    at("2026-11-24 10:00")
    return Made(seed=7, incidents=70)


def number_on(page: Element) -> int:
    """Return the first large figure: all incidents."""
    figure = next(one for one in page.find_all("p") if one.get("class") == "figure-large")
    return int(figure.text.replace(",", ""))


def bars(page: Element) -> list[tuple[Element, int | None]]:
    """Return every bar that leads somewhere, and its number where it is a whole one."""
    found = []
    for bar in [one for one in page.find_all("li") if one.get("class") == "bar"]:
        figure = next(span.text for span in bar.find_all("span") if span.get("class") == "bar-figure")
        found += [(link, int(figure) if figure.isdecimal() else None) for link in bar.find_all("a")]
    return found


def fits(second: Second, codes: dict[int, str], row: Any, asked: dict[str, str]) -> bool:
    """Whether a row fits the filters, told by hand."""
    acted = second.acted(row.id)
    tests = {
        "behavior": lambda value: value in {codes.get(p.behavior_code_id) for p in acted},
        "grade": lambda value: int(value) in {p.grade for p in acted},
        "place": lambda value: row.location_code == value,
        "hour": lambda value: row.local_minute is not None and row.local_minute // 60 == int(value),
        "weekday": lambda value: row.local_date.weekday() == int(value),
        "group": lambda value: str(row.behavior_group or "none") == value,
        "month": lambda value: f"{row.local_date:%Y-%m}" == value,
        "term": lambda value: value == "1",
    }
    return all(tests[name](value) for name, value in asked.items())


def test_filters_combine_to_what_the_rows_say(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    user = make_user(Role.ADMINISTRATOR, school)
    client, second = client_as(user), Second(school.id)
    codes = {row.id: row.code for row in rows(BehaviorCode)}
    first = next(row for row in second.incidents.values() if second.acted(row.id) and row.local_minute)
    person = second.acted(first.id)[0]
    values = {
        "place": first.location_code, "weekday": str(first.local_date.weekday()), "grade": str(person.grade),
        "group": str(first.behavior_group or "none"), "month": f"{first.local_date:%Y-%m}",
        "hour": str(first.local_minute // 60), "behavior": next(iter(codes.values())), "term": "1",
    }  # fmt: skip
    combined = [
        ("place",), ("behavior",), ("place", "weekday"), ("grade", "place"), ("group", "month"),
        ("grade", "hour"), ("behavior", "grade"), ("place", "weekday", "grade", "group", "month", "hour", "term"),
    ]  # fmt: skip
    seen = set()
    for names in combined:
        asked = {name: values[name] for name in names}
        expected = sum(fits(second, codes, row, asked) for row in second.incidents.values())
        page = client.page(PAGE + "?" + "&".join(f"{name}={value}" for name, value in asked.items()))
        assert number_on(page) == expected, asked
        seen.add(expected)
        links = [link.get("href") for link in page.find_all("a") if link.get("href").startswith("/incidents?")]
        for address in links:
            listed = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
            assert counts_by_group(acting(user), read_filter(listed))["counted"] == expected
        assert bool(links) == bool(expected)
    assert len(seen) > 3 and 1 in seen


def test_each_kind_of_bar_leads_to_its_number_and_its_chip_back(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    whole = client.page(PAGE)
    kinds: dict[str, tuple[Element, int | None]] = {}
    for link, number in bars(whole):
        [name] = parse_qs(urlsplit(link.get("href")).query)
        kinds.setdefault(name, (link, number))
    assert set(kinds) == {"month", "behavior", "place", "hour", "weekday", "grade", "group"}
    for name, (link, number) in kinds.items():
        page = client.page(link.get("href"))
        assert number is None or number_on(page) == number, name
        chip = next(one for one in page.find_all("a") if "Remove filter" in one.text)
        assert number_on(client.page(chip.get("href"))) == number_on(whole)


def test_students_in_bands_and_who_reported_agree_with_loops(made: Made) -> None:
    for school_id in (None, made.schools[0].id):
        scope = scope_of(school_id, "2026-27", TODAY)
        assert scope is not None
        second = Second(school_id)
        counts: dict[int, set[int]] = {}
        for row in second.people:
            if row.role.value in ("caused_harm", "both") and row.student_id:
                counts.setdefault(row.student_id, set()).add(row.incident_id)
        there = {
            row.student_id
            for row in rows(Enrolment)
            if school_id in (None, row.school_id)
            and row.starts_on <= TODAY
            and (row.ends_on is None or row.ends_on >= YEAR_BEGINS)
        }
        some = sum(2 <= len(found) <= 5 for found in counts.values())
        many = sum(len(found) >= 6 for found in counts.values())
        bands = bands_of(SYSTEM, scope)
        assert (bands.few, bands.some, bands.many) == (len(there) - some - many, some, many)
        ninth = {row.student_id for row in rows(Enrolment) if row.grade == 9} & there
        narrow = conditions_of(IncidentFilter(grade=9))
        bands = bands_of(SYSTEM, scope, narrow, 9)
        assert bands.few + bands.some + bands.many == len(ninth)
        assert bands.some + bands.many == sum(len(counts.get(one, ())) > 1 for one in ninth)
        assert some > 0
        reporters = {row.reporter_id for row in second.incidents.values()} - {None}
        assert reporting(SYSTEM, scope).reported == len(reporters)


def test_the_bands_say_of_how_many_students_they_are(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    # enrolled on a day of the period, and no more today: counted here, and not in the figure above
    EnrolmentFactory(student=StudentFactory(school=school), starts_on=date(2026, 8, 24), ends_on=date(2026, 9, 4))
    scope = scope_of(school.id, "2026-27", TODAY)
    assert scope is not None
    bands = bands_of(SYSTEM, scope)
    everyone = bands.few + bands.some + bands.many
    today = core_of(SYSTEM, scope, school_days(school.id)).students
    assert everyone > today
    page = client.page(PAGE).text
    assert f"Shares of {everyone} students: those enrolled on any day of the period" in page
    assert f"{today} students" in page


def test_what_is_for_the_screen_alone_is_not_printed(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    page = client.page(PAGE)
    (lede,) = (one for one in page.find_all("p") if one.get("class") == "lede")
    printed = [one.text for one in lede.children if "no-print" not in one.get("class")]
    assert printed == [made.schools[0].name], "no dot is left over from the link"
    (listed,) = (link for link in page.find_all("a") if link.text == "Open the list")
    assert listed.get("class") == "no-print"
    forms = [form for form in client.page("/outcomes").find_all("form") if form.find_all("select")]
    assert "no-print" in forms[0].get("class").split()


def test_a_bar_of_nothing_leads_nowhere(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    group, found = next(
        (group, page)
        for group in range(1, 7)
        for page in [client.page(f"{PAGE}?group={group}")]
        if number_on(page) > 0 and "0.00" in page.text
    )
    zeros = 0
    for bar in [one for one in found.find_all("li") if one.get("class") == "bar"]:
        figure = next(span.text for span in bar.find_all("span") if span.get("class") == "bar-figure")
        if float(figure.replace(",", "")) == 0:
            zeros += 1
            assert not bar.find_all("a"), (group, bar.text)
    assert zeros


def test_the_district_sees_every_school_those_at_zero_too_and_no_list(made: Made, client_as: ClientAs) -> None:
    silent = SchoolFactory(name="Silent School", network="Network 9")
    EnrolmentFactory(student=StudentFactory(school=silent))
    made.schools[0].network = "Network 1"
    db.session.commit()
    client = client_as(make_user(Role.DISTRICT))
    page = client.page(PAGE)
    assert number_on(page) == len(Second(None).incidents)
    assert not [link for link in page.find_all("a") if link.get("href").startswith("/incidents?")]
    assert "Students by how many" not in page.text and "Who reported" not in page.text
    there = next(link for link in client.page(f"{PAGE}?weekday=1").find_all("a") if link.text == "School by school")
    table = client.page(there.get("href")).find_all("table")[0]
    found = {row.find_all("th")[0].text: [cell.text for cell in row.find_all("td")] for row in table.find_all("tr")[1:]}
    assert found["Silent School"][:4] == ["Network 9", "0", "not recorded", "0.00"]
    assert [int(found[school.name][1]) for school in made.schools] == [
        len(Second(school.id).incidents) for school in made.schools
    ]
    of_network = client.page(f"{PAGE}?network=Network+1")
    assert number_on(of_network) == len(Second(made.schools[0].id).incidents)
    lede = next(one for one in of_network.find_all("p") if one.get("class") == "lede")
    assert lede.text.startswith("Network 1")
    with client.session_transaction() as kept:
        kept["school_id"] = made.schools[1].id
    assert number_on(client.page(f"{PAGE}?network=Network+1")) == len(Second(made.schools[0].id).incidents)
    assert number_on(client.page(f"{PAGE}?school={made.schools[1].id}")) == len(Second(made.schools[1].id).incidents)
    scope = scope_of(None, "2026-27", TODAY)
    assert scope is not None
    [row] = [one for one in school_rows(SYSTEM, scope) if one.id == made.schools[0].id]
    assert row.numbers["before"] == 0 and row.numbers["students"] > 0 and row.school_days > 50
    july = [date(2026, 7, number) for number in range(1, 32)]
    make_calendar(july[0], july[-1], closed={*july})
    EnrolmentFactory(student=StudentFactory(school=silent), starts_on=date(2025, 9, 1), ends_on=date(2026, 6, 30))
    past = scope_of(silent.id, "2025-26", TODAY)
    assert past is not None
    assert [one.numbers["students"] for one in school_rows(SYSTEM, past)] == [1]
    assert core_of(SYSTEM, past, school_days(silent.id)).students == 1
    assert "Staff who reported" in client.page(f"{PAGE}?school={silent.id}").text
    assert "Staff who reported" not in client.page(f"{PAGE}?school={silent.id}&year=2025-26").text


@pytest.mark.any_database("who reported is changed by hand")
def test_who_reported_is_for_the_administrator_of_the_school(made: Made, client_as: ClientAs) -> None:
    school, other = made.schools
    teacher = make_user(Role.REPORTER, school, name="Teacher Who Reports")
    place, elsewhere = sorted({row.location_code for row in Second(school.id).incidents.values()})[:2]
    for number, row in Second(school.id).incidents.items():
        who = teacher.id if row.location_code == place else None
        db.session.execute(db.text("UPDATE incident SET reporter_id = :who WHERE id = :id"), {"who": who, "id": number})
    db.session.commit()
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    assert "Teacher Who Reports" in client.page(f"{PAGE}/reporters").text
    asked = (("", "1 of", True), (f"?place={place}", "1 of", True), (f"?place={elsewhere}", "0 of", False))
    for narrow, said, named in asked:
        links = client.page(PAGE + narrow).find_all("a")
        behind = next(link.get("href") for link in links if link.text.startswith(said))
        assert ("Teacher Who Reports" in client.page(behind).text) is named, narrow
    stranger = client_as(make_user(Role.ADMINISTRATOR, other))
    assert stranger.get(f"{PAGE}/reporters?school={school.id}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "grade=x", "hour=25", "place=%3Cb%3E", "month=2026-13", "weekday=7", "term=3", "term=2", "year=2031-32",
        "school=999999999999", "school=x", "school=-1", "network=Network+1", "group=9", "month=1000-05",
        "network=%00",
    ],
)  # fmt: skip
def test_what_is_no_filter_is_not_found(at: Any, session: Any, client_as: ClientAs, query: str) -> None:
    at("2026-11-24 10:00")
    client = client_as(make_user(Role.ADMINISTRATOR, SchoolFactory()))
    assert client.get(f"{PAGE}?{query}").status_code == 404


def test_another_schools_report_is_not_found(made: Made, client_as: ClientAs) -> None:
    client = client_as(make_user(Role.ADMINISTRATOR, made.schools[0]))
    assert client.get(f"{PAGE}?school={made.schools[1].id}").status_code == 404
