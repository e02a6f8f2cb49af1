"""What a tile asks at once: at most two taps more, a word put to the reporter, and nothing left of a private matter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.stories.steps.device import READY, held_on
from tests.browser.stories.steps.people import PASSWORD, languages, ready
from tests.browser.stories.steps.words import words_in
from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.routing.signs.sentences import EVERYDAY, planted
from tests.routing.signs.test_signs import ROWS
from tests.support.applications import make_app
from tests.support.pages.browser import DESK, PHONE, NewVisitor, axe_problems, go, overflow_problems, tap
from tests.support.servers.live_system import LiveSystem
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.routing.signs import SignKind, read_signs

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
SECRET = "He touched Zyxquill."

pytestmark = pytest.mark.browser


def reporter(live_system: LiveSystem, tmp_path: Path, language: str = "en") -> str:
    live_system.set_clock(NOON)
    with make_app(live_system.database.url, tmp_path).app_context():
        [email] = ready([make_user(Role.REPORTER, SchoolFactory(phone="555 0100"))], language)
        return email


def newest(live_system: LiveSystem, tmp_path: Path) -> dict[str, Any]:
    with make_app(live_system.database.url, tmp_path).app_context():
        found = db.session.scalars(select(Incident).order_by(Incident.id.desc())).first()
        assert found is not None
        return {"facts": found.facts, "signs": found.signs, "narrative": found.narrative}


def tile(page: Page, name: str, value: str) -> int:
    """Tap an answer; returns the one tap that it took."""
    box = page.locator(f'input[name="{name}"][value="{value}"]')
    tap(box)
    expect(box).to_be_checked()
    return 1


def report(page: Page, what: str, card: dict[str, str], save: str) -> int:
    """Log a report of nobody by name; returns the taps that it took."""
    page.goto("/incidents/new")
    taps = tile(page, "danger", "no")
    tap(page.locator("#unknown_person"))
    taps += 1 + tile(page, "what", what)
    assert not overflow_problems(page)
    shown = [one for one in page.locator(".tile-card").all() if one.is_visible()]
    assert bool(shown) is (what not in ("fight", "property")), what
    taps += sum(tile(page, name, value) for name, value in card.items())
    taps += tile(page, "where", "hallway")
    go(page, page.get_by_role("button", name=save))
    return taps + 1


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", languages(1))
def test_a_tile_asks_at_most_two_taps_more(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path, language: str, size: dict[str, int]
) -> None:
    words = words_in(language)
    visitor = new_visitor(viewport=size)
    visitor.sign_in(reporter(live_system, tmp_path, language), PASSWORD)
    save, page = words("Save the report"), visitor.page
    fight = report(page, "fight", {}, save)
    more = {
        "weapon": {"which_weapon": "gun"},
        "threat": {"threat_with": "words_gun"},
        "substance": {"which_substance": "cannabis", "was_shared": "no"},
    }
    for what, card in more.items():
        taps = report(page, what, card, save)
        assert fight < taps <= fight + 2, what
    assert report(page, "weapon", {}, save) == fight, "nothing of a card is required"
    page.goto("/incidents/new")
    for what in ("bullying", "private_matter", "other"):
        tile(page, "what", what)
        assert not axe_problems(page) and not overflow_problems(page), what


def test_a_word_is_one_tap_and_a_private_matter_leaves_nothing(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    visitor = new_visitor(viewport=PHONE)
    visitor.sign_in(reporter(live_system, tmp_path), PASSWORD)
    page = visitor.page
    page.goto("/incidents/new")
    page.locator("[name=narrative]").fill("He has a gun in his locker.")
    for name, value in (("danger", "no"), ("what", "disruption"), ("where", "hallway")):
        tile(page, name, value)
    tap(page.locator("#unknown_person"))
    go(page, page.get_by_role("button", name="Save the report"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("You wrote “gun”.")
    assert not axe_problems(page) and not overflow_problems(page)
    go(page, page.get_by_role("button", name="Maybe"))
    expect(page.get_by_role("heading", name="The report is saved")).to_be_visible()
    assert newest(live_system, tmp_path)["signs"][0]["answer"] == "maybe"

    page.goto("/incidents/new")
    page.locator("[name=narrative]").fill(SECRET)
    for name, value in (("danger", "no"), ("what", "private_matter"), ("private_kind", "adult"), ("where", "bus")):
        tile(page, name, value)
    tap(page.locator("#unknown_person"))
    go(page, page.get_by_role("button", name="Save the report"))
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert newest(live_system, tmp_path)["narrative"] == SECRET
    for _step in range(2):
        assert "Zyxquill" not in page.content()
        assert "Zyxquill" not in str(held_on(page))
        typed = page.evaluate("[...document.querySelectorAll('textarea')].map((one) => one.value)")
        assert "Zyxquill" not in str(typed)
        page.go_back()
        page.wait_for_load_state()


def test_a_word_is_put_to_the_writer_without_network_too(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    visitor = new_visitor(viewport=PHONE, worker="allow")
    page, network = visitor.page, visitor.context
    visitor.sign_in(reporter(live_system, tmp_path), PASSWORD)
    page.evaluate(READY)
    network.set_offline(True)
    page.goto("/incidents/new")
    for name, value in (("danger", "no"), ("what", "threat"), ("threat_with", "hands"), ("where", "hallway")):
        tile(page, name, value)
    tap(page.locator("#unknown_person"))
    page.locator("[name=narrative]").fill("He said he brings a gun.")
    tap(page.get_by_role("button", name="Send when back online"))
    expect(page.get_by_role("heading", name="You wrote “gun”.")).to_be_visible()
    assert not axe_problems(page) and not overflow_problems(page)
    tap(page.get_by_role("button", name="Yes", exact=True).last)
    expect(page.get_by_role("heading", name="The report is not sent yet")).to_be_visible()
    network.set_offline(False)
    expect(page.locator("#unsent")).to_contain_text("Saved: report")
    arrived = newest(live_system, tmp_path)
    assert arrived["facts"] == {"weapon": "unknown", "gun_violence_threat": "unknown", "fire_or_bomb": False}
    assert [(one["sign"], one["answer"]) for one in arrived["signs"]] == [("word_gun", "yes")]
    visitor.problems.clear()


def test_a_device_reads_words_as_the_server_does(
    live_system: LiveSystem, new_visitor: NewVisitor, tmp_path: Path
) -> None:
    signs = read_signs(json.loads(ROWS.read_text(encoding="utf-8")))
    texts = [*EVERYDAY, *planted(), "Mr. Jones grabbed him. ¡PISTOLA! Gropíng; the gun’s safety", ""]
    rows = [
        {"id": sign.id, "pattern": sign.pattern, "exception": sign.exception} for sign in signs.of_kind(SignKind.WORD)
    ]
    visitor = new_visitor(viewport=DESK)
    visitor.sign_in(reporter(live_system, tmp_path), PASSWORD)
    address = visitor.page.locator('script[type="module"]').first.get_attribute("src")
    assert address is not None
    read = visitor.page.evaluate(
        """async ([address, texts, rows]) => {
          const { matches } = await import(address);
          return texts.map((text) => matches(text, rows).map((one) => [one.sign.id, one.words]));
        }""",
        [f"{address.rsplit('/', 1)[0]}/signs.js", texts, rows],
    )
    assert read == [[[match.sign.id, match.words] for match in signs.matches(text)] for text in texts]
