"""The people of a story: a password and a language, a browser for each of them, and what each page must be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from playwright.sync_api import Page

from tests.support.depth import in_turn
from tests.support.pages.browser import PHONE, NewVisitor, axe_problems, go, overflow_problems
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.credentials import hash_password
from wss_cases.foundation.db import db

PASSWORD = "a quiet harbour at dawn"


def languages(turn: int = 0) -> list[str]:
    """Return the languages in which a story is told: both in the full cross, else one of them by turns."""
    return [language for number, language in enumerate(("es", "en")) if in_turn(number + turn, 2)]


def ready(people: Iterable[UserAccount], language: str = "en") -> list[str]:
    """Give people a password and their language; returns their addresses."""
    emails = []
    for person in people:
        person.password_hash, person.locale = hash_password(PASSWORD), language
        emails.append(person.email)
    db.session.commit()
    return emails


def sign_in(new_visitor: NewVisitor, email: str, now: datetime, viewport: dict[str, int] = PHONE) -> Page:
    """Return the browser of somebody who is signed in, at an hour that stands."""
    visitor = new_visitor(viewport=viewport)
    visitor.page.clock.set_fixed_time(now)
    visitor.enter(email, PASSWORD)
    return visitor.page


def look(page: Page) -> None:
    """Check a page as it stands: clean, and nothing to scroll sideways."""
    assert not axe_problems(page), page.url
    assert not overflow_problems(page), page.url


def send(page: Page) -> None:
    """Look at a form as it is filled in, and send it."""
    look(page)
    go(page, page.locator('main form button[type="submit"]').last)


def record(page: Page, student: int) -> None:
    """Fill in the notification of a call to 911 about a student, and send it."""
    page.locator("[name=told]").select_option("911")
    page.locator("[name=channel]").select_option("phone")
    page.locator(f'[name=student_ids][value="{student}"]').check(force=True)
    page.locator("[name=adult_with_student]").fill("Ms. Test, counselor")
    page.locator("[name=guardian_result]").select_option("voicemail")
    page.locator("[name=rights_sheet]").select_option("student")
    send(page)
