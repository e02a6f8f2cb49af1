"""Answering what a decision waits for, as a dean does: a tap each."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.pages.browser import go


def answer_open_questions(page: Page) -> None:
    """Say no to each question on the review page that stops the decision: the dean saw what happened, and no one in
    the table was hurt."""
    no = page.locator(
        ':is(#questions, #people) button[name="answer"]:is([value="no:saw"], [value="no"]):visible, '
        '.people button[name$="_injury"][value="none"]'
    )
    while no.count():
        go(page, no.first)
