"""Twenty reports typed on a phone, one after the other in one school, and three more: without network, about the wrong
child, and about the principal. `-rP` prints a row for each: taps, questions, mails, what was opened, its place."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.stories.steps.device import READY
from tests.browser.stories.steps.people import PASSWORD, ready, sign_in
from tests.browser.stories.steps.words import words_in
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory, StaffMemberFactory, StudentFactory
from tests.intake.making import NOW, Place
from tests.intake.test_twenty_reports import CASES, Case, newest, untrue
from tests.support.applications import make_app
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUp
from wss_cases.foundation.db import db
from wss_cases.intake.recommendation import situation
from wss_cases.journal.models import OutboxMessage
from wss_cases.safeguards.duties.duty.queries import duties_of

pytestmark = pytest.mark.browser

MOST_TAPS = 12
GUARD, PRINCIPAL = 90, 91
LETTERS = {0: "abe", 1: "bir", 2: "ced", GUARD: "dunm", PRINCIPAL: "east"}
"""The first letters of each family name, by the number of the person."""
AT_ONCE = ("incident.alarm", "incident.danger")


@dataclass
class Telling:
    """One report as it was typed, and what became of it before anyone decided."""

    taps: int = 0
    letters: int = 0
    report: int = 0
    must: set[str] = field(default_factory=set)
    told: dict[str, set[str]] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    duties: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    place_in_queue: str = "not listed"


class Phone:
    """A reporter's phone: every tap and letter of one report is counted."""

    def __init__(self, page: Page, words: Any) -> None:
        self.page = page
        self.words = words
        self.telling = Telling()

    def tap(self, what: Any) -> None:
        what.scroll_into_view_if_needed()
        tap(what)
        self.telling.taps += 1

    def choose(self, name: str, value: str) -> None:
        """Tap the answer of a question, by what the form sends."""
        box = self.page.locator(f'input[name="{name}"][value="{value}"]')
        self.tap(box)
        expect(box).to_be_checked()

    def name(self, letters: str, number: int, part: str) -> None:
        """Find somebody by the first letters, and tap the part that the report gives them."""
        self.tap(self.page.locator("[name=people_q]"))
        self.page.keyboard.type(letters)
        self.telling.letters += len(letters)
        self.tap(self.page.get_by_role("option").first)
        chips = self.page.locator(".chip")
        expect(chips).to_have_count(number)
        for toggle in part.split():
            self.tap(chips.last.locator(f'input[name="{toggle}"]'))

    def fill(self, case: Case) -> None:
        """Fill in the report from top to bottom, as a person in a hurry does."""
        form = {"danger": "no", "where": "hallway", **case.form}
        narrative, occurred = form.pop("narrative", ""), form.pop("occurred", "")
        self.choose("danger", form.pop("danger"))
        people = [*case.who.items(), *([(GUARD, "")] if case.guard else [])]
        for number, (person, part) in enumerate(people, start=1):
            self.name(LETTERS[person], number, part)
        if not people:
            self.tap(self.page.locator("#unknown_person"))
        for name, values in form.items():
            for value in values if isinstance(values, list) else [values]:
                self.choose(name, value)
        if occurred:
            self.page.locator("[name=occurred]").fill(occurred)
        self.page.locator("[name=narrative]").fill(narrative)
        self.telling.letters += len(narrative)

    def save(self, case: Case) -> None:
        """Save, answer each word that the page asks about, and say that it is no second report of the same event."""
        self.telling.taps += 1
        go(self.page, self.page.get_by_role("button", name=self.words("Save the report")))
        for _asked in range(2):
            answer = self.page.locator(f'button[name="said"][value$="{case.word or "figure"}"]')
            if answer.count() == 0:
                break
            assert not axe_problems(self.page) and not overflow_problems(self.page)
            self.telling.taps += 1
            go(self.page, answer.first)
        another = self.page.get_by_role("button", name=self.words("Save it as a new report"))
        if another.count():
            go(self.page, another)
        saved = "Saved" if case.form["what"] == "private_matter" else "The report is saved"
        expect(self.page.get_by_role("heading", name=self.words(saved), exact=True)).to_be_visible()

    def send_later(self, case: Case) -> None:
        """Save without network, answer the word there, and be back online."""
        self.telling.taps += 1
        tap(self.page.get_by_role("button", name=self.words("Send when back online")))
        self.tap(self.page.get_by_role("button", name=self.words("Yes"), exact=True).last)
        expect(self.page.get_by_role("heading", name=self.words("The report is not sent yet"))).to_be_visible()
        self.page.context.set_offline(False)
        expect(self.page.locator("#unsent")).to_contain_text(re.compile(r"-I-\d+"))


class School:
    """The school of the story: its people's browsers, and what its database holds."""

    def __init__(self, system: LiveSystem, tmp_path: Path, new_visitor: NewVisitor, language: str) -> None:
        self.words = words_in(language)
        self.app = make_app(system.database.url, tmp_path)
        system.set_clock(NOW)
        with self.app.app_context():
            here = SchoolFactory()
            families = ("Abelwood", "Birchfield", "Cedargrove")
            place = Place(here, [StudentFactory(school=here, family_name=family) for family in families])
            StaffMemberFactory(school=here, user_id=None, name="Gus Dunmore", search_key="gus dunmore")
            StaffMemberFactory(
                school=here, user_id=place.administrator.id, name="Pat Eastlake", search_key="pat eastlake"
            )
            office = make_user(Role.DISTRICT, name="District Office")
            people = (place.reporter, place.dean, place.administrator, office)
            self.who = {person.id: person.name for person in (*people, place.coordinator)}
            emails = ready(people, language)
        visitor = new_visitor(viewport=PHONE, worker="allow")
        visitor.page.clock.set_fixed_time(NOW)
        visitor.sign_in(emails[0], PASSWORD)
        self.visitor, self.reporter = visitor, visitor.page
        self.dean, self.principal, self.office = (sign_in(new_visitor, email, NOW) for email in emails[1:])

    def phone(self, case: Case) -> Phone:
        """Return the reporter's phone with the report filled in."""
        phone = Phone(self.reporter, self.words)
        phone.page.goto("/incidents/new")
        phone.fill(case)
        return phone

    def told(self, telling: Telling) -> Telling:
        """Complete a telling with what the database holds of the newest report."""
        mails = select(OutboxMessage.kind, OutboxMessage.recipient_id)
        with self.app.app_context():
            report = newest()
            telling.report = report.id
            telling.must = {one.fact for one in situation(report.id).plan.open_questions if one.weight == "must"}
            for kind, person in db.session.execute(mails.where(OutboxMessage.object_id == report.id)):
                telling.told.setdefault(kind, set()).add(self.who.get(person or 0, "another"))
            opened = select(FollowUp.kind).where(FollowUp.incident_id == report.id)
            telling.opened = set(db.session.scalars(opened))
            telling.duties = {row.kind.code for row in duties_of(report.id)}
        return telling

    def read(self, telling: Telling, reader: Page) -> None:
        """Read the queue and the review page, and keep what they ask and where the report stands."""
        reader.goto("/review")
        links = [row.get_attribute("href") or "" for row in reader.locator("main a").all()]
        rows = list(dict.fromkeys(found.group() for link in links if (found := re.match(r"/review/\d+", link))))
        wanted = f"/review/{telling.report}"
        telling.place_in_queue = (
            f"{rows.index(wanted) + 1} of {len(rows)}" if wanted in rows else "not on its first page"
        )
        reader.goto(wanted)
        assert not overflow_problems(reader)
        assert untrue(reader.locator("main").inner_text()) == []
        telling.asked = [one.inner_text().strip() for one in reader.locator(".question h3").all()]


def say(name: str, telling: Telling) -> None:
    """Print the row of one report."""
    told = "; ".join(f"{kind}: {', '.join(sorted(people))}" for kind, people in sorted(telling.told.items()))
    opened = ", ".join(sorted(telling.opened | telling.duties))
    taps = f"{telling.taps} taps, {telling.letters} letters"
    cells = [name, taps, " ".join(telling.asked), told, opened, telling.place_in_queue]
    sys.stdout.write(f"| {' | '.join(cell or 'nothing' for cell in cells)} |\n")


def told_at_once(telling: Telling) -> set[str]:
    return set().union(*(telling.told.get(kind, set()) for kind in AT_ONCE))


@pytest.mark.full_cross_only("tests/intake/test_twenty_reports.py")
@pytest.mark.parametrize("language", ["en", "es"])
def test_twenty_reports_on_a_phone(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str
) -> None:
    """Costs some minutes: a person types twenty-three reports, and two others look for them and read them."""
    school = School(live_system, tmp_path, new_visitor, language)
    for name, case in CASES.items():
        phone = school.phone(case)
        phone.save(case)
        telling = school.told(phone.telling)
        school.read(telling, school.principal)
        say(name, telling)
        assert (telling.must, telling.opened, telling.duties) == (case.must, case.opened, case.duties), name
        assert told_at_once(telling) == ({"Dean One", "Principal Two"} if case.alarm else set()), name
        assert telling.taps <= MOST_TAPS, name
        school.dean.goto(f"/review/{telling.report}")
        assert bool(school.dean.locator(".question, main form").count()) is case.for_dean, name
    without_network(school)
    about_the_wrong_child(school)
    about_the_principal(school)
    school.visitor.problems.clear()


def without_network(school: School) -> None:
    """A gun that is reported without network alarms once the phone is back."""
    case = Case({"what": "threat", "threat_with": "hands", "narrative": "He said he brings a gun."})
    school.reporter.goto("/my-day")
    school.reporter.evaluate(READY)
    school.reporter.context.set_offline(True)
    phone = school.phone(case)
    phone.send_later(case)
    telling = school.told(phone.telling)
    school.read(telling, school.principal)
    say("offline", telling)
    assert told_at_once(telling) == {"Dean One", "Principal Two"}


def about_the_wrong_child(school: School) -> None:
    """A dean takes a child out who was named in error; before anything is decided, nobody else has to agree."""
    case = Case({"what": "fight"}, who={2: "caused"})
    phone = school.phone(case)
    phone.save(case)
    telling = school.told(phone.telling)
    school.read(telling, school.principal)
    say("a wrong child", telling)
    address = f"/incidents/{telling.report}"
    school.dean.goto(address)
    expect(school.dean.locator("main")).to_contain_text("Cedargrove")
    go(school.dean, school.dean.locator('main a[href$="/named-in-error"]'))
    school.dean.locator('textarea[name="reason"]').fill("She was at home that day.")
    go(school.dean, school.dean.locator('main form button[type="submit"]'))
    for page in (school.dean, school.principal):
        for other in (address, f"/review/{telling.report}", "/review", "/my-day"):
            page.goto(other)
            assert "Cedargrove" not in page.locator("body").inner_text(), other


def about_the_principal(school: School) -> None:
    """What a student says of the principal is read by the district's office, and by nobody at the school."""
    case = Case({"what": "private_matter", "private_kind": "adult"}, who={0: "harmed", PRINCIPAL: ""})
    phone = school.phone(case)
    phone.save(case)
    telling = school.told(phone.telling)
    school.read(telling, school.office)
    say("a principal named by a student", telling)
    assert set().union(*telling.told.values()) <= {"District Office"}
    for page in (school.dean, school.principal):
        for address in (f"/review/{telling.report}", f"/incidents/{telling.report}"):
            page.goto(address)
            assert page.locator("main form").count() == 0 and "Abelwood" not in page.locator("body").inner_text()
