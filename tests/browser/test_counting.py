"""A filter of a large district: the page says that it is being counted, and shows it by itself once it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import update

from tests.support.applications import make_app
from tests.support.databases import DEMO_PASSWORD, Databases
from tests.support.pages.browser import PHONE, Visitor, axe_problems
from tests.support.servers.live_system import LiveSystem
from wss_cases.foundation import clock
from wss_cases.foundation.db import db, table_of
from wss_cases.mail.monitoring import beat
from wss_cases.outcomes.counting.daily_figures.actions import recount
from wss_cases.outcomes.counting.daily_figures.queries import DistrictFigure
from wss_cases.outcomes.counting.totals import MANY

pytestmark = pytest.mark.browser
FILTERED = "/outcomes/incidents?place=hallway"


def test_what_is_counted_shows_itself(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    copy = databases.copy(databases.demo("sqlite"))
    system = LiveSystem(copy, tmp_path, {})
    with make_app(copy.url, tmp_path).app_context():
        recount(clock.now(), 60)
        beat("one that counts nothing", clock.now(), 5)
        db.session.execute(update(table_of(DistrictFigure)).values(incidents=MANY))
        db.session.commit()
        db.session.remove()
    try:
        system.start_web()
        context = browser.new_context(base_url=system.url, viewport=PHONE, service_workers="block")
        visitor = Visitor(context, context.new_page())
        visitor.enter("district@demo.example", DEMO_PASSWORD)
        answer = visitor.page.goto(FILTERED)
        assert answer is not None and answer.status == 202
        expect(visitor.page.get_by_role("status").filter(has_text="being counted")).to_be_visible()
        expect(visitor.page.get_by_role("link", name="Refresh")).to_have_attribute("href", FILTERED)
        assert axe_problems(visitor.page) == []
        system.start_scheduler()
        expect(visitor.page.locator(".figure-large").first).to_be_visible()
        context.close()
        assert visitor.problems == []
    finally:
        system.stop()
        databases.drop(copy)
