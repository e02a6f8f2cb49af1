"""`python -m tests.browser.pictures.random_pages FOLDER [--seed N] [--pages N]`: pages by lot, in both languages.

Each role walks a demo district by its links; of all kinds of pages found, so many are drawn. Each is taken at 390 or
1280 pixels, in English and in Spanish, into `FOLDER/NN-WIDTH-LANGUAGE.png`; `FOLDER/pages.txt` says which each is.
To be looked at by a person: nothing is judged here.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.pictures.screenshots import DESK, MORNING
from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Databases
from tests.support.demo import ROLES, client_of
from tests.support.pages.browser import PHONE, Visitor, launch
from tests.support.pages.crawl import walk
from tests.support.servers.live_system import LiveSystem, wait_until
from wss_cases.cli.prepare import SMALL_DISTRICT

LANGUAGES = ("en", "es")
TALLEST = 6000
"""Pixels of a page that are photographed; what is below is rarely another kind of thing."""


@dataclass(frozen=True)
class Drawn:
    """One page of the lot: its number, who looks, where, how wide."""

    number: int
    role: str
    address: str
    size: dict[str, int]


def draw(system: LiveSystem, folder: Path, seed: int, count: int) -> list[Drawn]:
    """Return `count` pages, no two of one kind, seen by whoever met the kind first; one seed, one lot."""
    app = make_app(system.database.url, folder, WSS_CLOCK_FILE=str(system.clock_file))
    kinds: dict[str, tuple[str, str]] = {}
    for role in ROLES:
        for visit in walk(app, client_of(app, role), samples=1):
            if visit.is_page:
                kinds.setdefault(visit.shape, (role, visit.address))
    lot = random.Random(seed)
    chosen = lot.sample(sorted(kinds.values()), min(count, len(kinds)))
    return [Drawn(at, role, address, lot.choice((PHONE, DESK))) for at, (role, address) in enumerate(chosen, 1)]


def enter(browser: Browser, url: str, role: str, language: str) -> Page:
    """Return a page signed in as the demo person of a role, in a language."""
    context = browser.new_context(base_url=url, viewport=DESK, reduced_motion="reduce", service_workers="block")
    visitor = Visitor(context, context.new_page())
    visitor.page.clock.set_fixed_time(MORNING)
    visitor.sign_in(f"{role}@demo.example", DEMO_PASSWORD)
    if language == "es":
        visitor.page.goto("/account")
        visitor.page.locator("form[data-language] [type=submit]").first.evaluate("button => button.click()")
        visitor.page.locator("html[lang=es]").wait_for()
    return visitor.page


def photograph(page: Page, drawn: Drawn, path: Path) -> None:
    """Write the page from its top, as tall as it is."""
    page.set_viewport_size({"width": drawn.size["width"], "height": drawn.size["height"]})
    page.goto(drawn.address)
    height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
    page.set_viewport_size({"width": drawn.size["width"], "height": max(height, drawn.size["height"])})
    page.screenshot(path=path)


def photograph_all(browser: Browser, url: str, lot: list[Drawn], folder: Path) -> None:
    """Photograph each page in each language; a language belongs to the account, so one is done after the other."""
    for language in LANGUAGES:
        for role in sorted({drawn.role for drawn in lot}):
            page = enter(browser, url, role, language)
            for drawn in (one for one in lot if one.role == role):
                photograph(page, drawn, folder / f"{drawn.number:02}-{drawn.size['width']}-{language}.png")
            page.context.close()


def main(arguments: list[str]) -> int:
    """Draw the lot and write its pictures."""
    asked = argparse.ArgumentParser(prog="python -m tests.browser.pictures.random_pages")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--pages", type=int, default=50)
    chosen = asked.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        databases = Databases(Path(temporary))
        settings = {"WSS_DEMO_PASSWORD": DEMO_PASSWORD}
        system = LiveSystem(databases.copy(databases.template("sqlite")), Path(temporary), settings)
        browser = launch(playwright)
        try:
            system.set_clock(MORNING)
            system.flask("demo", "load", *SMALL_DISTRICT)
            lot = draw(system, Path(temporary), chosen.seed, chosen.pages)
            said = [f"{one.number:02} {one.size['width']} {one.role} {one.address}\n" for one in lot]
            (chosen.folder / "pages.txt").write_text("".join(said), "utf-8")
            system.start_web()
            wait_until(lambda: system.status("/healthz") == 200, 60, "the web server answers")
            photograph_all(browser, system.url, lot, chosen.folder)
        finally:
            browser.close()
            system.stop()
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
