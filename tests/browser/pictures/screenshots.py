"""`make screenshots`: the pictures of the README, taken from a demo district into docs/screenshots/."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tests.bench.desk import fill
from tests.browser.pictures.beginning import a_calendar, a_row_of_the_draft, accounts_of_the_roster, checked_roster
from tests.browser.pictures.mail import DIGESTS, digest, take_mail
from tests.browser.pictures.published import write_history
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, ROOT, Databases
from tests.support.pages.browser import PHONE, Visitor, go, launch, tap
from tests.support.servers.live_system import LiveSystem, wait_until
from wss_cases.cli.prepare import SMALL_DISTRICT

FOLDER = ROOT / "docs" / "screenshots"
MORNING = datetime(2026, 12, 1, 15, 40, tzinfo=UTC)
"""A Tuesday with school, at 9:40 in Chicago, so that the pictures show a working day whenever they are taken."""
DESK = {"width": 1280, "height": 800}
WHOLE_DAY = {"width": 1280, "height": 1600}
LAST_YEAR = "/outcomes/equity?year=2025-26"
"""A whole school year has enough students to compare."""


def nothing(page: Page) -> None:
    """Take the page as it opens."""


def name_somebody(page: Page) -> None:
    """Choose one student, as far as a picture needs it."""
    tap(page.locator("[name=people_q]"))
    page.keyboard.type("ma")
    tap(page.get_by_role("option").first)
    page.locator(".chip").first.wait_for()


def first_link(shape: str, words: str = "") -> Callable[[Page], None]:
    """Return a step that opens the first link of the page with these words whose whole path has this shape."""

    def follow(page: Page) -> None:
        for link in page.locator("main a").all():
            target = (link.get_attribute("href") or "").split("?")[0]
            if re.fullmatch(shape, target) and words in link.inner_text():
                page.goto(target)
                return
        raise LookupError(f"{page.url} links to no {shape}")

    return follow


def down_to(words: str) -> Callable[[Page], None]:
    """Return a step that scrolls to a heading, so that a phone shows what the picture is about."""

    def scroll(page: Page) -> None:
        page.locator("main h2, main figcaption", has_text=words).first.evaluate("one => one.scrollIntoView()")

    return scroll


def the_plan(section: str = "") -> Callable[[Page], None]:
    """Return a step that opens a section of the school's plan from the list of its plans."""

    def open_it(page: Page) -> None:
        first_link(r"/safety-plans/\d+")(page)
        page.goto(f"{page.url}{section}")

    return open_it


def the_saved_view(page: Page) -> None:
    """Open what was kept under a name."""
    go(page, page.get_by_role("link", name=re.compile("^Hallway")).first)
    page.locator("main .figures").wait_for()


def first_of_many(page: Page, shape: str, fits: Callable[[Page], bool]) -> None:
    """Open the links of a list, with its older pages, one after the other, until one leads to what is wanted."""
    start, targets = page.url, list[str]()
    while True:
        found = [(link.get_attribute("href") or "").split("?")[0] for link in page.locator("main a").all()]
        targets += [one for one in found if re.fullmatch(shape, one)]
        older = page.locator("nav.pager a[rel=next]")
        if not older.count():
            break
        go(page, older.first)
    for target in dict.fromkeys(targets):
        page.goto(target)
        if fits(page):
            return
    raise LookupError(f"{start}: none of {shape} is what is wanted")


def the_replay(page: Page) -> None:
    """Open the draft of the rules that was replayed, and its replay."""
    first_of_many(page, r"/rules/\d+", lambda draft: draft.locator("main a[href^='/rules/replays/']").count() > 0)
    first_link(r"/rules/replays/\d+")(page)


def a_mentored_case(page: Page) -> None:
    """Open the pathway of a case with several mentoring sessions, at their chart."""

    def fits(case: Page) -> bool:
        tab = case.locator("main nav a", has_text="mentoring")
        if not tab.count():
            return False
        case.goto(tab.first.get_attribute("href") or "")
        return case.get_by_text(re.compile(r"^([5-9]|\d\d) sessions held")).count() > 0

    first_of_many(page, r"/cases/\d+", fits)
    page.get_by_role("heading", name="Sessions").evaluate("one => one.scrollIntoView()")


def a_questionnaire(page: Page) -> None:
    """Make links in Spanish for those who came to a circle and were not asked yet, and open the first."""

    def makes_a_link(pathway: Page) -> bool:
        response = pathway.goto(f"{pathway.url}/questionnaires/new")
        if response is None or not response.ok or not page.locator("input[name=people]:checked").count():
            return False
        page.locator("select[name=language]").select_option("es")
        go(page, page.locator("main form [type=submit]").last)
        return page.locator(".slip-address code").count() > 0

    first_of_many(page, r"/cases/\d+/pathways/\d+", makes_a_link)
    page.goto(page.locator(".slip-address code").first.inner_text())


@dataclass(frozen=True)
class Shot:
    """One picture: who looks, from which page, with which step after it, how wide, in which language."""

    name: str
    role: str
    start: str
    step: Callable[[Page], None] = nothing
    size: dict[str, int] | None = None
    language: str = "en"


def both(name: str, role: str, start: str, step: Callable[[Page], None] = nothing) -> tuple[Shot, Shot]:
    return Shot(name, role, start, step), Shot(f"{name}-phone", role, start, step, PHONE)


SHOTS = (
    Shot("calendar-phone", "administrator", "/school-calendar", size=PHONE),
    Shot("capture-phone-es", "reporter", "/incidents/new", size=PHONE, language="es"),
    Shot("capture-phone", "reporter", "/incidents/new", name_somebody, PHONE),
    Shot("keeping-phone", "reporter", "/keeping", first_link(r"/keeping/\d+"), PHONE),
    Shot("keeping-phone-es", "reporter", "/keeping", first_link(r"/keeping/\d+"), PHONE, "es"),
    Shot("review", "dean", "/review", first_link(r"/review/\d+", "Fight")),
    Shot("review-phone-es", "dean", "/review", first_link(r"/review/\d+"), PHONE, "es"),
    Shot("my-day", "coordinator", "/my-day", size=WHOLE_DAY),
    Shot("my-day-es", "coordinator", "/my-day", size=WHOLE_DAY, language="es"),
    Shot("my-day-phone", "coordinator", "/my-day", size=PHONE),
    Shot("my-day-phone-es", "coordinator", "/my-day", size=PHONE, language="es"),
    Shot("cases", "coordinator", "/cases"),
    Shot("case", "coordinator", "/cases", first_link(r"/cases/\d+")),
    Shot("circle", "coordinator", "/circles", first_link(r"/cases/\d+/pathways/\d+")),
    Shot("desk", "coordinator", "/desk"),
    Shot("mentoring", "coordinator", "/cases?state=all", a_mentored_case),
    Shot("questionnaire-phone-es", "coordinator", "/circles", a_questionnaire, PHONE),
    Shot("partner", "partner", "/partner"),
    Shot("follow-up", "coordinator", "/my-day", first_link(r"/follow-ups/\d+")),
    Shot("outcomes", "administrator", "/outcomes"),
    Shot("board-report", "administrator", "/outcomes/board", size=WHOLE_DAY),
    Shot("board-report-phone", "administrator", "/outcomes/board", size=PHONE),
    Shot("board-report-es", "administrator", "/outcomes/board", size=WHOLE_DAY, language="es"),
    Shot("outcomes-phone-es", "administrator", "/outcomes", size=PHONE, language="es"),
    Shot("views", "administrator", "/outcomes/views", the_saved_view),
    Shot("plan", "administrator", "/safety-plans", the_plan()),
    Shot("plan-phone-es", "administrator", "/safety-plans", the_plan(), PHONE, "es"),
    Shot("plan-steps", "administrator", "/safety-plans", the_plan("/steps")),
    Shot("plan-money", "administrator", "/safety-plans", the_plan("/money")),
    Shot("voices-phone", "administrator", "/meetings/voices", size=PHONE),
    Shot("trainings", "administrator", "/training"),
    Shot("survey", "administrator", "/surveys", first_link(r"/surveys/\d+")),
    Shot("public-plan-phone-es", "administrator", "/public/es", first_link(r"/public/es/\d+"), PHONE),
    Shot("plans-district", "district", "/safety-plans/all"),
    Shot("outcomes-district", "district", "/outcomes"),
    Shot("outcomes-district-phone", "district", "/outcomes", size=PHONE),
    Shot("equity", "district", LAST_YEAR),
    Shot("equity-phone", "district", LAST_YEAR, down_to("Reported in an incident"), PHONE),
    Shot("equity-phone-es", "district", LAST_YEAR, down_to("Reportado en un incidente"), PHONE, "es"),
    Shot("history", "district", "/outcomes/history", size=WHOLE_DAY),
    Shot("history-phone", "district", "/outcomes/history", down_to("misconducts"), PHONE),
    Shot("replay", "district", "/rules", the_replay),
    Shot("replay-phone", "district", "/rules", the_replay, PHONE),
    Shot("rules", "district", "/rules", first_link(r"/rules/\d+")),
    Shot("people", "sysadmin", "/people"),
    Shot("system", "sysadmin", "/system"),
    *both("setup", "district", "/setup/checklist"),
    *both("settings", "district", "/settings"),
    *both("roster-upload", "sysadmin", "/roster/upload", checked_roster),
    *both("roster-accounts", "sysadmin", "/people/roster", accounts_of_the_roster),
    *both("calendar-preview", "district", "/school-calendar/import", a_calendar),
    *both("rules-editor", "district", "/rules", a_row_of_the_draft),
)


SIXTY = Shot("desk-sixty", "coordinator", "/desk")
"""Taken last: its coordinator is given sixty open cases first."""


def take(browser: Browser, url: str, shot: Shot) -> None:
    """Write one picture; LookupError when the page was not there."""
    context = browser.new_context(
        base_url=url, viewport=shot.size or DESK, reduced_motion="reduce", service_workers="block"
    )
    visitor = Visitor(context, context.new_page())
    visitor.page.clock.set_fixed_time(MORNING)
    visitor.sign_in(f"{shot.role}@demo.example", DEMO_PASSWORD)
    if shot.language == "es":
        visitor.page.goto("/account")
        visitor.page.locator("form[data-language] [type=submit]").first.evaluate("button => button.click()")
        visitor.page.locator("html[lang=es]").wait_for()
    visitor.page.goto(shot.start)
    shot.step(visitor.page)
    visitor.page.screenshot(path=FOLDER / f"{shot.name}.png")
    context.close()


def main(names: list[str]) -> int:
    """Take the pictures of these names, or all; 1 when a page was not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = 0
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        databases = Databases(Path(temporary))
        settings = {"WSS_DEMO_PASSWORD": DEMO_PASSWORD}
        system = LiveSystem(databases.copy(databases.template("sqlite")), Path(temporary), settings)
        browser = launch(playwright)
        try:
            system.set_clock(MORNING)
            system.flask("demo", "load", *SMALL_DISTRICT)
            system.flask("import", "metrics", str(write_history(Path(temporary))))
            system.start_scheduler()
            system.start_web()
            wait_until(lambda: system.status("/readyz") == 200, 60, "the scheduler is seen")
            for shot in [shot for shot in SHOTS if not names or shot.name in names]:
                try:
                    take(browser, system.url, shot)
                except (LookupError, TimeoutError) as error:
                    sys.stderr.write(f"{shot.name}: {error}\n")
                    missing = 1
            app = make_app(system.database.url, Path(temporary), WSS_CLOCK_FILE=str(system.clock_file))
            for name, language in DIGESTS.items():
                if not names or name in names:
                    take_mail(browser, digest(app, language), FOLDER / f"{name}.png")
            if not names or SIXTY.name in names:
                fill(app)
                take(browser, system.url, SIXTY)
        finally:
            browser.close()
            system.stop()
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
