"""How an administrator writes a plan: started, its baselines frozen, its committee seated, its questions answered, a
goal under each component, a strategy, a step, what it costs and who is trained for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.stories.steps.circle import choose
from tests.browser.stories.steps.people import look
from tests.browser.stories.steps.words import words_of
from tests.support.pages.browser import go, tap

FEWER, GREETED, HEARD = "Fewer students are hurt", "Everyone is greeted at the door", "Families are heard"
STRATEGY, STEP, SHOWS = "Ten adults learn to lead circles", "Train ten circle keepers", "The sign-in sheet"
DUE, BY = "2026-11-16", "2027-06-01"


@dataclass(frozen=True)
class Goal:
    """A goal as it is typed; measured by incidents, or not at all."""

    component: str
    statement: str
    is_measured: bool = False


GOALS = (
    Goal("Physical safety", FEWER, is_measured=True),
    Goal("Emotional safety", GREETED),
    Goal("Relational trust", HEARD),
)


def write(page: Page, **values: str) -> None:
    """Fill fields of the open form by their names."""
    for name, value in values.items():
        page.locator(f"main [name={name}]").fill(value)


def press(page: Page, message: str) -> None:
    """Press the button with these words, and be where it leads."""
    go(page, page.get_by_role("main").get_by_role("button", name=words_of(page)(message), exact=True).first)


def follow(page: Page, message: str, about: str = "", **values: str) -> None:
    """Follow the first link whose words begin with a message, and go on with `about`."""
    words = words_of(page).start(message, **values)
    name = re.compile(f"{words.pattern}.*{re.escape(about)}")
    go(page, page.get_by_role("main").get_by_role("link", name=name).first)


def tab(page: Page, message: str) -> None:
    """Open a section of the plan."""
    words = words_of(page)
    tabs = page.get_by_role("navigation", name=words("Sections of the plan"))
    go(page, tabs.get_by_role("link", name=words(message), exact=True))


def started(page: Page, lead: str) -> str:
    """Start the school's plan from the list of plans; returns its address."""
    page.goto("/safety-plans")
    follow(page, "Start a plan")
    page.locator("select[name=lead]").select_option(label=lead)
    look(page)
    press(page, "Start the plan")
    return page.url


def frozen(page: Page) -> None:
    """Freeze last year's incidents before anything is written."""
    tab(page, "Baselines")
    follow(page, "Freeze baselines")
    choose(page, "Which measures?", "Incidents", "checkbox")
    press(page, "Freeze these figures")
    expect(page.locator("main")).to_contain_text(words_of(page)("Incidents"))
    look(page)


def seated(page: Page, plan: str) -> None:
    """Give the plan to the committee, and seat a teacher and four students, who are a number."""
    page.goto(plan)
    press(page, "Give it to the committee")
    for group, values in (("teacher", {"name": "R. Alvarez"}), ("student", {"people": "4"})):
        page.goto(plan)
        tab(page, "Committee")
        follow(page, "Add to the committee")
        page.locator("[name=member_group]").select_option(group)
        write(page, **values)
        press(page, "Save")
    look(page)


def answered(page: Page, plan: str) -> None:
    """Answer what the home of the plan names as missing, part by part, until it names no question any more."""
    words = words_of(page)
    for part in ("About this plan", *(goal.component for goal in GOALS)):
        page.goto(plan)
        go(page, page.locator("#blocked").get_by_role("link", name=re.compile(f"^{words(part)}: [0-9]")))
        for field in page.locator("main textarea").all():
            field.fill("We ask everyone, and write down what they say.")
        press(page, "Save answers")


def aimed(page: Page, plan: str, goal: Goal) -> None:
    """Write a goal by the link with which the home of the plan says that its component has none."""
    words = words_of(page)
    page.goto(plan)
    follow(page, "%(part)s has no goal.", part=words(goal.component))
    write(page, statement=goal.statement)
    if goal.is_measured:
        page.locator("[name=measure]").select_option("incidents")
        page.locator("[name=direction]").select_option("down")
        write(page, target="0.1", target_by=BY)
    else:
        write(page, why_not_measured="No one counts this yet.")
    press(page, "Save")


def stepped(page: Page, owner: str) -> None:
    """Write a strategy and its step under the first goal, on the page of goals."""
    follow(page, "Add a strategy", FEWER)
    write(page, if_words=STRATEGY, then_words="harm is repaired early", leads_to="fewer fights")
    press(page, "Save")
    follow(page, "Add a step", STRATEGY)
    write(page, text=STEP, due_on=DUE, evidence_required=SHOWS)
    page.locator("[name=owner]").select_option(label=owner)
    press(page, "Save")
    expect(page.locator("main")).to_contain_text(STEP)
    look(page)


def paid(page: Page) -> None:
    """Say what the strategy costs: a training that is planned, and what of it is committed."""
    tab(page, "Money")
    follow(page, "Add a resource")
    choose(page, "Kind", "Training")
    write(page, title="Circle training", planned="12000")
    press(page, "Add resource")
    follow(page, "Add an entry")
    choose(page, "What happened", "Committed")
    write(page, amount="9000")
    press(page, "Add entry")
    expect(page.locator("main")).to_contain_text("9,000")
    look(page)


def trained(page: Page, person: str) -> None:
    """Add a training session of the school and sign one person in."""
    page.goto("/safety-plans")
    follow(page, "Trainings")
    follow(page, "Sessions")
    follow(page, "Add a session")
    page.locator("[name=topic]").select_option(index=1)
    write(page, hours="6", provider="A trainer")
    press(page, "Add the session")
    tap(page.get_by_role("checkbox", name=person))
    press(page, "Sign in those selected")
    look(page)
