"""The core reports and saved views: filters combine, a bar leads where its number is, each role sees what it may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory, make_calendar
from tests.outcomes.making.small_district import TODAY, Made
from tests.outcomes.recount.incidents import total
from tests.outcomes.recount.plain import Plain
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.accounts.account.models import RoleGrant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED, counts_by_group
from wss_cases.incidents.pages import read_filter
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.daily_figures.queries import SavedView
from wss_cases.outcomes.counting.scope.rules import month_of, narrowed, scope_of, year_before
from wss_cases.outcomes.counting.totals import core_of
from wss_cases.outcomes.reports.core import bands_of
from wss_cases.outcomes.reports.side_by_side import school_rows
from wss_cases.roster.directory.queries import school_days

ClientAs = Callable[[Any], PageClient]
PAGE = "/outcomes/incidents"


def number_on(page: Element) -> int:
    figure = next(one for one in page.find_all("p") if one.get("class") == "figure-large")
    return int(figure.text.replace(",", ""))


def bars(page: Element) -> list[tuple[Element, int | None]]:
    """Return every bar that leads somewhere, and its number where it is a whole one."""
    found = []
    for bar in [one for one in page.find_all("li") if one.get("class") == "bar"]:
        figure = next(span.text for span in bar.find_all("span") if span.get("class") == "bar-figure")
        found += [(link, int(figure) if figure.isdecimal() else None) for link in bar.find_all("a")]
    return found


def test_filters_combine_and_lead_to_a_list_of_as_many(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    user = make_user(Role.ADMINISTRATOR, school)
    client = client_as(user)
    acted = select(Incident, IncidentPerson.grade).join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
    known = (Incident.local_minute.is_not(None), Incident.local_date >= date(2026, 8, 1), Incident.counts())
    whose = (Incident.school_id == school.id, IncidentPerson.role.in_(ACTED), IncidentPerson.grade.is_not(None))
    first, grade = db.session.execute(acted.where(*known, *whose).order_by(Incident.id)).first()
    values = {
        "place": first.location_code, "weekday": first.local_date.weekday(), "grade": grade,
        "group": first.behavior_group or "none", "month": f"{first.local_date:%Y-%m}",
        "hour": first.local_minute // 60, "behavior": made.codes[0].code, "term": "1",
    }  # fmt: skip
    combined = [
        ("place",), ("behavior",), ("place", "weekday"), ("grade", "place"), ("group", "month"),
        ("grade", "hour"), ("behavior", "grade"), ("place", "weekday", "grade", "group", "month", "hour", "term"),
    ]  # fmt: skip
    seen = set()
    for names in combined:
        page = client.page(PAGE + "?" + "&".join(f"{name}={values[name]}" for name in names))
        seen.add(number := number_on(page))
        links = [link.get("href") for link in page.find_all("a") if link.get("href").startswith("/incidents?")]
        for address in links:
            listed = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
            assert counts_by_group(acting(user), read_filter(listed))["counted"] == number, names
        assert bool(links) == bool(number)
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


def test_the_bands_say_of_how_many_students_they_are(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    # enrolled on a day of the period, and no more today: counted here, and not in the figure above
    EnrolmentFactory(student=StudentFactory(school=school), starts_on=date(2026, 8, 24), ends_on=date(2026, 9, 4))
    scope = existing(scope_of(school.id, "2026-27", TODAY))
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
    assert number_on(page) == total(Plain())
    assert not [link for link in page.find_all("a") if link.get("href").startswith("/incidents?")]
    assert "Students by how many" not in page.text and "Who reported" not in page.text
    there = next(link for link in client.page(f"{PAGE}?weekday=1").find_all("a") if link.text == "School by school")
    table = client.page(there.get("href")).find_all("table")[0]
    found = {row.find_all("th")[0].text: [cell.text for cell in row.find_all("td")] for row in table.find_all("tr")[1:]}
    assert found["Silent School"][:4] == ["Network 9", "0", "not recorded", "0.00"]
    assert [int(found[school.name][1]) for school in made.schools] == [
        total(Plain(school.id)) for school in made.schools
    ]
    of_network = client.page(f"{PAGE}?network=Network+1")
    assert number_on(of_network) == total(Plain(made.schools[0].id))
    lede = next(one for one in of_network.find_all("p") if one.get("class") == "lede")
    assert lede.text.startswith("Network 1")
    with client.session_transaction() as kept:
        kept["school_id"] = made.schools[1].id
    assert number_on(client.page(f"{PAGE}?network=Network+1")) == total(Plain(made.schools[0].id))
    assert number_on(client.page(f"{PAGE}?school={made.schools[1].id}")) == total(Plain(made.schools[1].id))
    scope = existing(scope_of(None, "2026-27", TODAY))
    [row] = [one for one in school_rows(SYSTEM, scope) if one.id == made.schools[0].id]
    assert row.numbers["before"] == 0 and row.numbers["students"] > 0 and row.school_days > 50
    july = [date(2026, 7, number) for number in range(1, 32)]
    make_calendar(july[0], july[-1], closed={*july})
    EnrolmentFactory(student=StudentFactory(school=silent), starts_on=date(2025, 9, 1), ends_on=date(2026, 6, 30))
    past = existing(scope_of(silent.id, "2025-26", TODAY))
    assert [one.numbers["students"] for one in school_rows(SYSTEM, past)] == [1]
    assert core_of(SYSTEM, past, school_days(silent.id)).students == 1
    assert "Staff who reported" in client.page(f"{PAGE}?school={silent.id}").text
    assert "Staff who reported" not in client.page(f"{PAGE}?school={silent.id}&year=2025-26").text


def test_who_reported_is_for_the_administrator_of_the_school(made: Made, client_as: ClientAs) -> None:
    school, other = made.schools
    teacher = make_user(Role.REPORTER, school, name="Teacher Who Reports")
    place, elsewhere = "cafeteria", "hallway"
    for row in db.session.scalars(select(Incident).where(Incident.school_id == school.id)):
        row.reporter_id = teacher.id if row.location_code == place else None
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


VIEWS = "/outcomes/views"


def test_a_view_is_named_opened_and_deleted_by_its_person_alone(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    user, other = make_user(Role.DEAN, school), make_user(Role.DEAN, school)
    client = client_as(user)
    narrowed = f"place=hallway&term=1&school={school.id}"
    number = number_on(client.page(f"{PAGE}?{narrowed}"))
    assert client.submit(f"{VIEWS}/new?{narrowed}", {"name": " Hallway "}).status_code == 303
    for name, wrong in (
        ("Hallway", "view with this name"),
        ("", "Enter a name for the view"),
        ("x" * 81, "at most 80"),
    ):
        refused = client.submit(f"{VIEWS}/new?{narrowed}", {"name": name})
        assert refused.status_code == 400 and wrong in refused.text
    link = next(one for one in client.page(VIEWS).find_all("a") if one.text == "Hallway")
    assert number_on(client.page(link.get("href"))) == number
    view = db.session.scalars(select(SavedView)).one()
    assert "Hallway" not in client_as(other).page(VIEWS).text
    delete = f"{VIEWS}/{view.id}/delete"
    stranger = client_as(other)
    token = stranger.form(f"{VIEWS}/new").values()["csrf_token"]
    assert stranger.post(delete, data={"csrf_token": token[0]}).status_code == 404
    assert db.session.get(SavedView, view.id) is not None
    assert client.submit(VIEWS, action=delete).status_code == 303
    assert "No saved view" in client.page(VIEWS).text
    acts = select(AuditEntry.action).where(AuditEntry.object_type == "saved_view").order_by(AuditEntry.id)
    assert list(db.session.scalars(acts)) == ["view.saved", "view.deleted"]


def test_a_view_of_a_school_that_was_left_opens_nothing(made: Made, client_as: ClientAs) -> None:
    here, there = made.schools
    user = make_user(Role.DEAN, here)
    grant = RoleGrantFactory(user_id=user.id, role=Role.DEAN, school_id=there.id)
    db.session.commit()
    client = client_as(user)
    assert client.submit(f"{VIEWS}/new?school={there.id}", {"name": "There"}).status_code == 303
    link = next(one for one in client.page(VIEWS).find_all("a") if one.text == "There").get("href")
    assert client.get(link).status_code == 200
    db.session.delete(db.session.get_one(RoleGrant, grant.id))
    db.session.commit()
    assert client.get(link).status_code == 404
    assert client.get(f"{VIEWS}/new?school={there.id}").status_code == 404


def test_the_same_days_a_year_before(made: Made, client_as: ClientAs) -> None:
    school = made.schools[0]
    for day in (date(2025, 9, 2), date(2025, 11, 24), date(2025, 11, 25), date(2025, 7, 31)):
        make_incident(school, local_date=day)
    scope, days = existing(scope_of(school.id, "2026-27", TODAY)), school_days(school.id)
    assert core_of(SYSTEM, year_before(scope, days), days).parts.total == 2
    assert core_of(SYSTEM, scope, days).school_days == Plain(school.id).school_days()
    november = existing(narrowed(scope, *month_of("2026-11"), None))
    assert core_of(SYSTEM, year_before(november, days), days).parts.total == 1
    assert core_of(SYSTEM, november, days).school_days == Plain(school.id, first="2026-11-01").school_days()
    client = client_as(make_user(Role.ADMINISTRATOR, school))
    assert number_on(client.page(f"{PAGE}?month=2025-10")) == number_on(client.page(PAGE))
