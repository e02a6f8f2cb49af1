"""The page for a first hour can be followed: every item asks for something known, and each part does something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.start.__main__ import PEOPLE
from tests.start.page import Line, lines
from tests.support.databases import ROOT

PAGE = ROOT / "docs" / "start.md"


def parts() -> list[str]:
    return re.split(r"(?m)^## ", Path(PAGE).read_text(encoding="utf-8"))[1:]


def test_every_numbered_part_of_the_page_can_be_followed() -> None:
    asked = {part.splitlines()[0]: list(lines(part)) for part in parts()}
    assert all(found for title, found in asked.items() if title[0].isdigit())
    assert {line.what for found in asked.values() for line in found if line.word == "person"} == set(PEOPLE)


def test_a_line_that_asks_for_nothing_known_is_refused() -> None:
    with pytest.raises(ValueError, match="Think about it"):
        list(lines("- Think about it.\n"))
    assert list(lines("- Type `a` into **B** and press it. Press **C**.\n")) == [
        Line("type", "a", "B"),
        Line("press", "C"),
    ]
