"""How a plan is paid for, decided on, carried out and reviewed: by the district, the council, and who owns a step."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.stories.plans.writing import FEWER, GOALS, SHOWS, STEP, follow, press, tab, write
from tests.browser.stories.steps.circle import choose
from tests.browser.stories.steps.people import look
from tests.browser.stories.steps.words import words_of
from tests.support.pages.browser import go, tap

QUORUM = "7"
NO_VOTE = "The council has not approved the plan by a vote with a quorum that a second person confirmed."


def paid_by_district(page: Page) -> None:
    """Let the district enter what the school has for its plan."""
    page.goto("/safety-plans")
    follow(page, "Funding of safety plans")
    follow(page, "Add funding")
    page.locator("[name=school]").select_option(index=0)
    choose(page, "Source", "District")
    write(page, amount="50000")
    press(page, "Add funding")
    expect(page.locator("main")).to_contain_text("50,000")
    look(page)


def met(page: Page, plan: str, members: str) -> None:
    """Write down today's meeting of the council with so many of its members."""
    page.goto(plan)
    tab(page, "Meetings")
    follow(page, "Write down a meeting")
    choose(page, "Kind of meeting", "Local School Council")
    choose(page, "What was heard", "Circles and repairing harm", "checkbox")
    tap(page.locator("main details.more > summary"))
    write(page, families="12", members=members, quorum=QUORUM)
    look(page)
    press(page, "Save")
    expect(page.locator("main")).to_contain_text(words_of(page)("Circles and repairing harm"))


def voted(page: Page, plan: str, yes: str, result: str) -> None:
    """Record the council's vote at its last meeting, by the line that says what the plan waits for. Whatever it says,
    the plan does not go on by it alone."""
    page.goto(plan)
    words = words_of(page)
    follow(page, NO_VOTE)
    go(page, page.locator("main .work-row a").first)
    follow(page, "Record a vote")
    choose(page, "Who voted", "Local School Council")
    write(page, yes=yes, no="0", abstained="0")
    press(page, "Save")
    expect(page.locator("main")).to_contain_text(words(result))
    look(page)
    page.goto(plan)
    expect(page.locator("#blocked")).to_contain_text(words(NO_VOTE))
    expect(page.get_by_role("button", name=words("Approve the plan"))).to_have_count(0)


def confirmed(page: Page, plan: str) -> None:
    """Confirm, as a second person, the count of the council's last vote."""
    page.goto(plan)
    tab(page, "Meetings")
    go(page, page.locator("main .work-row a").first)
    follow(page, "Confirm the count")
    look(page)
    press(page, "Confirm this count")
    expect(page.locator("main")).to_contain_text(words_of(page)("Confirmed. The vote counts now."))


def put_in_force(page: Page, plan: str) -> None:
    """Approve the plan that the council approved, and put it in force."""
    page.goto(plan)
    press(page, "Approve the plan")
    press(page, "Put the plan in force")
    expect(page.locator(".page-head")).to_contain_text(words_of(page)("In force"))
    look(page)


def closed_with_evidence(page: Page, address: str, plan: str) -> None:
    """From the mail to the step: without what shows it, it stays open; with it, it is closed, and the plan says so."""
    page.goto(address)
    words = words_of(page)
    expect(page.locator("main")).to_contain_text(STEP)
    follow(page, "Record it there")
    choose(page, "How did it go?", "Done")
    press(page, "Close the step")
    refused = words("Describe what shows that it was done. A step closes only with evidence.")
    expect(page.locator("main")).to_contain_text(refused)
    write(page, evidence=SHOWS)
    look(page)
    press(page, "Close the step")
    page.goto(plan)
    tab(page, "Steps")
    expect(page.locator("main")).to_contain_text(words("What shows it: %(evidence)s", evidence=SHOWS))
    look(page)


def reviewed(page: Page, plan: str) -> None:
    """Review the plan in the middle of the year: then, now and the target stand there before anybody types."""
    page.goto(plan)
    words = words_of(page)
    tab(page, "Reviews")
    follow(page, "Start a review")
    choose(page, "Which review?", "Mid-year review")
    press(page, "Start the review")
    card = page.locator("main .panel").filter(has_text=FEWER)
    for label in ("Then (baseline)", "Now", "Target"):
        expect(card).to_contain_text(words(label))
    expect(card).not_to_contain_text(words("Not known"))
    look(page)
    for goal in GOALS:
        follow(page, "Rate this goal", goal.statement)
        choose(page, "How does this goal stand?", "On track")
        press(page, "Save the rating")
    follow(page, "Close the review")
    write(page, summary="The circles help.")
    press(page, "Close the review")
    expect(page.locator("main")).to_contain_text("The circles help.")
