"""The public edition: it says only what anyone reads already, on the page and on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import acting, make_user
from tests.plans.public.making import PublicScene, change, switch
from tests.support.pages.reading import parse
from wss_cases.access.actor import Role
from wss_cases.board.report.pages import paper_of
from wss_cases.board.report.queries import Edition, board_of, board_scope
from wss_cases.foundation.clock import now
from wss_cases.foundation.errors import existing
from wss_cases.records.stored_pdfs import Letterhead

PUBLIC = "/outcomes/board?edition=public"
PARTS = ("p", "li", "td", "th", "h2", "h3", "h4", "caption")


@pytest.fixture
def scene(session: Any, at: Any) -> PublicScene:
    at("2026-11-24 10:00")
    switch("on")
    return PublicScene()


def lines(page: str) -> set[str]:
    """Every line of the figures and texts of an edition."""
    [section] = parse(page).find_all("section")
    return {" ".join(one.text.split()) for name in PARTS for one in section.find_all(name)}


def read_by_all(page: str) -> str:
    return " ".join(parse(page).text.split())


def test_of_a_school_it_says_what_its_public_page_says(
    scene: PublicScene, client: Any, client_as: Callable[[Any], Any]
) -> None:
    head = client_as(scene.head)
    assert "Nothing is published yet." in head.page(PUBLIC).text
    scene.publish()
    text = head.get(PUBLIC).text
    assert "Everyone is greeted by name at the door" in text and "may be posted" in text
    assert "small number" not in text and "Was harm repaired?" not in text
    known = read_by_all(client.get(f"/public/en/{scene.school_id}").text)
    assert len(lines(text)) > 8 and not {line for line in lines(text) if line not in known}
    scope = existing(board_scope(scene.school_id, None, None, now().date()))
    board = board_of(acting(scene.head), scope)
    paper = paper_of(board, "Our school", "en", now().date(), Letterhead(), Edition.PUBLIC)
    assert lines(paper) == lines(text) and "do not post it" not in paper
    assert "do not post it" in paper_of(board, "Our school", "en", now().date(), Letterhead())


def test_of_several_schools_it_adds_up_their_public_pages(
    scene: PublicScene, client: Any, client_as: Callable[[Any], Any]
) -> None:
    [publication] = [scene.publish()]
    change(publication, figures=[["incident", 74, "2026-07-31"]], figures_year="2025-26")
    text = client_as(make_user(Role.DISTRICT)).get(f"{PUBLIC}&school=all").text
    known = read_by_all(client.get("/public/en").text)
    [table] = parse(text).find_all("section")[0].find_all("tbody")
    rows = [[cell.text for cell in row.find_all("td")] for row in table.find_all("tr")]
    assert rows == [["74", "1"], *[["Not shown", "0"]] * 4]
    assert "74" in known and "Students reported in an incident" in known
