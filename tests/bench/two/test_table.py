"""Two revisions opened in turn: a change is what every block tells, and a page that is new has nothing before it."""

from __future__ import annotations

import pytest

from tests.bench.figures.comparing import Measured
from tests.bench.two.table import mixed_words, row


def page(*blocks: float) -> Measured:
    return Measured("My day", blocks, (4.0, 4.0, 4.0), late=max(blocks), size=20.0, sql=5.0, statements=20)


BEFORE = page(30.0, 40.0, 50.0)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        # each block beside its own, though some are slower than others of before
        (page(15.0, 36.0, 45.0), "0.90"),
        (page(33.0, 60.0, 51.0), "1.10"),
        # one block says the opposite
        (page(15.0, 20.0, 50.1), "0.50 noise"),
        (page(29.9, 80.0, 90.0), "1.80 noise"),
        # every block says so, and it is not worth telling
        (page(29.0, 39.0, 49.0), "0.97 noise"),
    ],
)
def test_a_change_is_what_every_block_tells(now: Measured, said: str) -> None:
    assert row(BEFORE, now).split(" | ")[1:4] == ["40.0", f"{now.median:.1f}", said]


def test_a_page_that_is_new_has_nothing_before_it() -> None:
    assert row(None, BEFORE) == "| My day |  | 40.0 |  | 4.0 | 10.0 | 20 |"


def test_turns_are_told_side_by_side() -> None:
    turns = [
        [{"answers": answers, "median": 100.0 + answers, "p95": 200.0, "errors": wrong} for answers, wrong in side]
        for side in ([(60.0, 0.0), (50.0, 1.0), (66.0, 0.0)], [(90.0, 0.0), (102.0, 0.0), (96.0, 0.0)])
    ]
    first, second = mixed_words(*turns)
    assert first == "answers a second, turn by turn: before 60, 50, 66, now 90, 102, 96 (1.60 times)"
    assert second.startswith("median 150 to 166 ms before, 190 to 202 now;")
    assert second.endswith("errors 1 before, 0 now")
