"""Ten questions of a school board, answered from the first screen of outcomes by following its links.

`python -m tests.outcomes.board_questions` loads the demo district and prints each question, the clicks that led to its
answer (two at most, opening a fold among them) and the answer's own words.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.applications import make_app, people_client
from tests.support.databases import Databases
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.foundation.db import db

FIRST = "/outcomes"
MOST_CLICKS = 2
COUNT = r"\d[\d,]*"


@dataclass(frozen=True)
class Question:
    """What a board asks, the words of the links that lead to its answer, and how the answer reads."""

    asked: str
    clicks: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Answered:
    """The words of an answer, and how many clicks away they stand."""

    clicks: int
    words: str


CLEAR = r"(?:statistically clear|Too few to tell|not recorded)[^.]*\."
QUESTIONS = (
    Question("Is harm repaired, and more often than a year ago?", (), rf"Harm repaired: .*?a year ago: .*?{CLEAR}"),
    Question(
        "Whom does it not reach yet?", (), rf"Who it does not reach yet: .*?{CLEAR}.*?(?:show|others|likely[^)]*)"
    ),
    Question("Are fewer students removed, and are police called less often?", (), rf"Removals and police: .*?{CLEAR}"),
    Question(
        "How many calls to the police could have been avoided?", ("Removals and police",),
        rf"Avoidable police notifications {COUNT} of {COUNT} incidents? that could have led there",
    ),
    Question("Are agreements kept?", ("Repair",), rf"Agreements kept (?:–|\d+%) of {COUNT} terms? due"),
    Question(
        "How soon is a person harmed reached?", ("Repair",),
        rf"Reached within 1 school day (?:–|\d+%) of {COUNT} (?:person|people) harmed",
    ),
    Question("What do people who were harmed say?", ("Repair",), rf"{COUNT} of {COUNT} questionnaires answered[^.]*\."),
    Question(
        "Does it treat groups of students alike?", ("Equity",),
        r"(?:Offered a restorative pathway|Reported in an incident|Too few (?:to show|students to compare here)).{40}",
    ),
    Question(
        "Which schools have the most incidents?", ("School by school", "Incidents"), rf"School by school .*?{COUNT}"
    ),
    Question("How do the networks compare?", ("School by school", "Network by network"), r"Network by network .{60}"),
)  # fmt: skip


def answer(client: PageClient, question: Question) -> Answered:
    """Follow a question's links from the first screen; an answer that is folded costs one click more. Raises
    AssertionError where a link or the answer is missing, or more clicks are wanted."""
    main = client.page(FIRST).find_all("main")[0]
    for words in question.clicks:
        found = [link.get("href") for link in _links(main) if link.text == words]
        assert found, f"{question.asked} No link {words!r}."
        main = client.page(found[0]).find_all("main")[0]
    told = re.search(question.answer, main.text, re.DOTALL)
    assert told, f"{question.asked} Not answered: {main.text[:1500]}"
    folds = [one.text for one in main.find_all("details") if "open" not in one.attributes]
    clicks = len(question.clicks) + any(told.group() in fold for fold in folds)
    assert clicks <= MOST_CLICKS, question.asked
    return Answered(clicks, told.group())


def _links(main: Element) -> list[Element]:
    return [link for link in main.find_all("a") if link.get("href")]


def main() -> int:
    """Ask the demo district's board's questions and print what is answered."""
    with tempfile.TemporaryDirectory() as name:
        databases = Databases(Path(name))
        try:
            database = databases.copy(databases.demo("sqlite"))
            app = make_app(database.url, Path(name))
            with app.app_context():
                granted = db.select(RoleGrant.user_id).where(RoleGrant.role == Role.DISTRICT).order_by(RoleGrant.id)
                user = db.session.get(UserAccount, db.session.scalars(granted.limit(1)).one())
            client = people_client(app, user)
            for number, question in enumerate(QUESTIONS, start=1):
                told = answer(client, question)
                sys.stdout.write(f"{number:2}. {question.asked}\n    {told.clicks} clicks: {told.words}\n")
        finally:
            databases.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
