"""The comparison of two benches: a change is told from noise, and a machine that is slow from a page that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.figures.comparing import FASTER, NOISE, SLOWER, Found, Measured, compared, read, verdict, write


def page(*blocks: float, floors: tuple[float, ...] = (10.0, 10.0, 10.0)) -> Measured:
    return Measured("My day", blocks, floors, late=max(blocks), size=20.0, sql=5.0, statements=20)


BEFORE = page(30.0, 31.0, 32.0)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (page(20.0, 21.0, 22.0), FASTER),
        (page(40.0, 41.0, 42.0), SLOWER),
        # one block lies among those of before
        (page(20.0, 21.0, 31.0), NOISE),
        (page(31.0, 41.0, 42.0), NOISE),
        # apart, but by less than is worth telling
        (page(32.1, 32.2, 32.3), NOISE),
        # the machine was half as fast, and the page took as many times its floor
        (page(60.0, 62.0, 64.0, floors=(20.0, 20.0, 20.0)), NOISE),
        # as many milliseconds as before in an hour in which the floor took half
        (page(30.0, 31.0, 32.0, floors=(5.0, 5.0, 5.0)), SLOWER),
    ],
)
def test_a_change_is_told_from_noise(now: Measured, said: str) -> None:
    assert verdict(BEFORE, now) == said


def test_what_was_written_is_read_and_compared(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    before = [Found("8 schools", [BEFORE], {"answers": 80.0}, 400.0)]
    write(file, before)
    again = read(file)
    assert [(one.district, one.mixed, one.memory) for one in again] == [("8 schools", {"answers": 80.0}, 400.0)]
    assert again[0].pages[0].ratios == BEFORE.ratios
    [line] = compared(again, [Found("8 schools", [page(20.0, 21.0, 22.0)])])
    assert "3.10 ->   2.10 times its floor (-32%), 20 -> 20 statements: faster" in line
    assert compared(again, [Found("80 schools", [BEFORE])]) == []
