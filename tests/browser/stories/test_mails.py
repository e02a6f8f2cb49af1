"""From the morning's mail to the thing itself, in a browser: mail width, signing in, another language, stopping."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.factories.accounts import PASSWORD
from tests.mail.making import scene
from tests.support.applications import make_app
from tests.support.databases import Databases
from tests.support.pages.browser import PHONE, Visitor, axe_problems, go, overflow_problems
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem
from tests.support.servers.mail import Mail, MailServer

pytestmark = pytest.mark.browser


def html_of(mail: Mail) -> str:
    """The HTML part of a mail."""
    body = mail.message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def look_at_mail(browser: Browser, mail: Mail) -> None:
    """No mail is too wide for a phone or hard to read, by day and in the dark."""
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_content(html_of(mail))
        assert axe_problems(page, contrast=True) + overflow_problems(page) == [], scheme
        page.set_viewport_size({"width": 800, "height": 600})
        frame = page.locator("table.frame").bounding_box()
        assert frame is not None
        assert frame["width"] == 600
        context.close()


def test_from_the_mail_to_the_thing(
    browser: Browser, databases: Databases, tmp_path: Path, smtp_server: MailServer
) -> None:
    copy = databases.copy(databases.template("sqlite"))
    system = LiveSystem(copy, tmp_path, {"SMTP_URL": smtp_server.url})
    now = datetime(2026, 11, 24, 7, 0, tzinfo=ZoneInfo("America/Chicago"))
    system.set_clock(now)
    with make_app(copy.url, tmp_path).app_context():
        here = scene(email="lead@district.example")
        for on in (23, 24):
            here.due(date(2026, 11, on), single_mail=False)
        single = here.due(date(2026, 11, 24)).id
    try:
        system.start_web()
        for command in ("sweep", "deliver"):
            system.flask("reminders", command)
        mails = smtp_server.wait_for(2)
        for mail in mails:
            look_at_mail(browser, mail)
        digest = next(mail for mail in mails if "List-Unsubscribe" in mail.message)
        assert digest.subject == "1 overdue, 2 due today"
        addresses = re.findall(r'href="([^"]+)"', html_of(digest))
        context = browser.new_context(viewport=PHONE)
        context.set_default_timeout(LONGEST_WAIT * 1000)
        visitor = Visitor(context, context.new_page())
        page = visitor.page

        page.goto(next(address for address in addresses if address.endswith("/my-day/today")))
        expect(page).to_have_url(re.compile(r"/sign-in\?next=(/|%2F)my-day(/|%2F)today"))
        go(page, page.get_by_role("button", name="Español"))
        page.locator("html[lang=es]").wait_for()
        page.locator("[name=email]").fill("lead@district.example")
        page.locator("[name=password]").fill(PASSWORD)
        go(page, page.locator("main form [type=submit]").first)
        expect(page).to_have_url(f"{system.url}/my-day#today")
        expect(page.locator("html")).to_have_attribute("lang", "es")
        expect(page.locator("#today h2")).to_be_in_viewport()

        system.set_clock(now.replace(hour=12))
        page.goto(f"{system.url}/follow-ups/{single}")
        page.locator("[name=email]").fill("lead@district.example")
        page.locator("[name=password]").fill(PASSWORD)
        go(page, page.locator("main form [type=submit]").first)
        expect(page).to_have_url(f"{system.url}/follow-ups/{single}")

        context.clear_cookies()
        page.goto(next(address for address in addresses if "/mails/stop/" in address))
        assert axe_problems(page) + overflow_problems(page) == []
        go(page, page.get_by_role("button", name="Stop these emails"))
        expect(page.get_by_role("heading", name="These emails have stopped")).to_be_visible()
        assert axe_problems(page) + overflow_problems(page) == []
        go(page, page.get_by_role("link", name="My emails"))
        expect(page).to_have_url(re.compile("/sign-in"))
        assert visitor.problems == []
        context.close()

        system.set_clock(now.replace(day=25))
        for command in ("sweep", "deliver"):
            system.flask("reminders", command)
        assert [mail for mail in smtp_server.mails if "List-Unsubscribe" in mail.message] == [digest]
    finally:
        system.stop()
        databases.drop(copy)
