"""`make screenshots`: the pictures of the README, taken from a demo district into docs/screenshots/."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from tests.support.applications import make_app
from tests.support.browser import DESK, PHONE, Visitor, launch
from tests.support.crawl import walk
from tests.support.databases import DEMO_PASSWORD, ROOT, Databases
from tests.support.demo import client_of
from tests.support.servers import LiveSystem

FOLDER = ROOT / "docs" / "screenshots"


@dataclass(frozen=True)
class Shot:
    """One picture: who looks, at which kind of page ('/cases/N' is the first case they have), how wide."""

    name: str
    role: str
    shape: str
    size: dict[str, int]


SHOTS = (
    Shot("my-day", "coordinator", "/", DESK),
    Shot("capture-phone", "dean", "/incidents/new", PHONE),
    Shot("review", "dean", "/review/N", DESK),
    Shot("case", "coordinator", "/cases/N", DESK),
    Shot("outcomes", "administrator", "/outcomes", DESK),
    Shot("history", "district", "/outcomes/history", DESK),
    Shot("people", "sysadmin", "/people", DESK),
)


def address_of(app: Flask, shot: Shot) -> str:
    """Return the first address of the wanted kind that this person can reach; LookupError when there is none."""
    for visit in walk(app, client_of(app, shot.role)):
        if visit.shape.split("?")[0] == shot.shape and visit.response.status_code == 200:
            return visit.address
    raise LookupError(f"{shot.role} reaches no page {shot.shape}")


def take(browser: Browser, system: LiveSystem, shot: Shot, address: str) -> None:
    """Write one picture."""
    context = browser.new_context(base_url=system.url, viewport=shot.size, reduced_motion="reduce")
    visitor = Visitor(context, context.new_page())
    visitor.sign_in(f"{shot.role}@demo.example", DEMO_PASSWORD)
    visitor.page.goto(address)
    visitor.page.screenshot(path=FOLDER / f"{shot.name}.png")
    context.close()


def main() -> int:
    """Take every picture; 1 when a page was not there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    missing = 0
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        databases = Databases(Path(temporary))
        system = LiveSystem(databases.copy(databases.demo("sqlite")), Path(temporary), {})
        app = make_app(system.database.url, Path(temporary))
        browser = launch(playwright)
        try:
            system.start_web()
            for shot in SHOTS:
                try:
                    take(browser, system, shot, address_of(app, shot))
                except LookupError as error:
                    sys.stderr.write(f"{error}\n")
                    missing = 1
        finally:
            browser.close()
            system.stop()
    return missing


if __name__ == "__main__":
    sys.exit(main())
