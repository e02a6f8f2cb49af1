"""Steps of the pictures of a district that begins: a roster with odd cells, accounts from it, a calendar, a rule.

Whoever is in the roster is invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from playwright.sync_api import Page

from tests.roster.oneroster.bundles import org, roster, user
from tests.support.pages.browser import go

GIVEN = ("Ana", "Ben", "Chloé", "Darius", "Elena", "Farid", "Grace", "Hugo", "Imani", "Jorge")
FAMILY = ("Alvarez", "Brooks", "Castillo", "Dunn", "Edwards", "Flores")
STAFF = (
    ("Ruth", "Keller"),
    ("Omar", "Haddad"),
    ("Lucía", "Peña"),
    ("Sean", "Byrne"),
    ("Priya", "Nair"),
    ("Joan", "Wells"),
)
ROLES = ("teacher", "teacher", "teacher", "counselor", "counselor", "administrator")
GIVES = (("teacher", "reporter"), ("counselor", "coordinator"), ("administrator", "administrator"))
"""What a role of the roster gives here; the last one waits for a second person."""
ODD = {3: {"grades": "Wizard"}, 8: {"grades": "1-2"}, 11: {"sourcedId": ""}, 20: {"orgSourcedIds": "closed"}}
SCHOOLS = ("Lakeview Elementary School", "Prairie High School")
EVENTS = (
    ("First Day of School", "20260824"), ("No School – Labor Day", "20260907"), ("Columbus Day", "20261012"),
    ("Early Dismissal 11:30 a.m.", "20261125"), ("Thanksgiving Break - No School", "20261126"),
    ("Holiday Concert", "20261217"),
    ("Winter Break", "20261221"), ("No School for pre-K", "20270115"), ("Last Day of School", "20270611"),
)  # fmt: skip
ROW = "P6"
LONGEST_SECONDS = 150
"""The scheduler looks once a minute."""


def checked_roster(page: Page) -> None:
    """Upload a roster with a few odd cells, or find it, and look at what its import would do."""
    known = page.locator("main a[href^='/roster/upload/']")
    if known.count():
        go(page, known.first)
    else:
        page.locator("[name=source]").fill("PowerSchool")
        page.locator("input[type=file]").set_input_files(_files())  # type: ignore[arg-type]
        go(page, page.locator("main form [type=submit]").first)
    _until(page, "Before this roster is imported")


def accounts_of_the_roster(page: Page) -> None:
    """Import that roster and say what its roles give, unless that is done; then look at who gets what."""
    if not page.get_by_text("→").count():
        page.goto("/roster/upload")
        checked_roster(page)
        for box in page.locator("main form input[type=checkbox]").all():
            box.check(force=True)
        go(page, page.get_by_role("button", name="Import this roster"))
        _until(page, "This roster is imported.")
        for staff_role, role in GIVES:
            page.goto("/people/roster/rule")
            page.locator("[name=staff_role]").select_option(staff_role)
            page.locator(f"[name=role][value={role}]").check(force=True)
            go(page, page.locator("main form [type=submit]").last)
    page.goto("/people/roster")


def a_calendar(page: Page) -> None:
    """Upload a calendar, or find it, and look at what each event was taken for."""
    known = page.locator("main a[href^='/school-calendar/import/']")
    if known.count():
        go(page, known.first)
        return
    lines = [
        f"BEGIN:VEVENT\nUID:{day}\nSUMMARY:{title}\nDTSTART;VALUE=DATE:{day}\nEND:VEVENT\n" for title, day in EVENTS
    ]
    text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + "".join(lines) + "END:VCALENDAR\n"
    sent = {"name": "district-calendar.ics", "mimeType": "text/calendar", "buffer": text.replace("\n", "\r\n").encode()}
    page.locator("input[type=file]").set_input_files(sent)  # type: ignore[arg-type]
    page.locator("[name=school_year]").select_option("2026-27")
    go(page, page.locator("main form [type=submit]").first)


def a_row_of_the_draft(page: Page) -> None:
    """Make a draft of the rules, and open a row of it in the editor."""
    page.goto("/rules/1")
    go(page, page.get_by_role("button", name="Make a draft of it").first)
    answer = page.goto(f"{page.url.partition('?')[0]}/rows/{ROW}")
    if answer is None or not answer.ok:
        raise LookupError(f"{page.url}: no row of the draft can be edited")


def _files() -> Sequence[dict[str, Any]]:
    people = [
        dict(user(n, school=f"s{n % 2 + 1}", givenName=given, familyName=family, grades=f"{n % 12 + 1:02}"))
        for n, (family, given) in enumerate(product(FAMILY, GIVEN))
    ]
    for number, odd in ODD.items():
        people[number] |= odd
    for n, ((given, family), role) in enumerate(zip(STAFF, ROLES, strict=True)):
        email = f"staff{n}@lincoln.example" if n else ""
        people.append(dict(user(100 + n, role, f"s{n % 2 + 1}", givenName=given, familyName=family, email=email)))
    schools = [org(f"s{number}", name=name) for number, name in enumerate(SCHOOLS, 1)]
    files = roster(people, [org("d1", "district", "", name="Lincoln District"), *schools])
    return [{"name": f"{name}.csv", "mimeType": "text/csv", "buffer": text.encode()} for name, text in files.items()]


def _until(page: Page, words: str) -> None:
    for _second in range(LONGEST_SECONDS):
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(1_000)
        page.reload()
    raise LookupError(f"{page.url} does not come to say: {words}")
