"""Two revisions that were opened in turn, as a table for docs/performance.md; what of it is noise. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.bench.figures.comparing import CLEAR, NOISE, Measured

HEAD = (
    "| page | before | now | now of before | floor | times its floor | statements |",
    "|---|---|---|---|---|---|---|",
)
Turns = Sequence[dict[str, float]]


def changes(before: Measured, now: Measured) -> list[float]:
    """How many times what it took before a page takes now, block by block: both were opened in the same minute."""
    return [mine / earlier for earlier, mine in zip(before.blocks, now.blocks, strict=True)]


def change_words(before: Measured, now: Measured) -> str:
    """Say how many times that is, and that it is noise where not every block says so, or too little to tell."""
    found = changes(before, now)
    middle = statistics.median(found)
    is_one_way = max(found) < 1 or min(found) > 1
    return f"{middle:.2f}" if is_one_way and abs(middle - 1) > CLEAR else f"{middle:.2f} {NOISE}"


def row(before: Measured | None, now: Measured) -> str:
    """Return the line of a page; `before` is None where the earlier revision has no such page."""
    earlier, change = (f"{before.median:,.1f}", change_words(before, now)) if before else ("", "")
    cells = (now.name, earlier, f"{now.median:,.1f}", change, f"{now.floor:.1f}", f"{now.ratio:.1f}", now.statements)
    return f"| {' | '.join(map(str, cells))} |"


def mixed_words(before: Turns, now: Turns) -> list[str]:
    """Say what people at once got done, turn by turn."""

    def each(name: str) -> list[list[float]]:
        return [[turn[name] for turn in side] for side in (before, now)]

    answers = each("answers")
    times = statistics.median(answers[1]) / statistics.median(answers[0])
    listed = [", ".join(f"{one:.0f}" for one in side) for side in answers]
    ranges = [[f"{min(side):.0f} to {max(side):.0f}" for side in each(name)] for name in ("median", "p95")]
    wrong = [f"{sum(side):.0f}" for side in each("errors")]
    return [
        f"answers a second, turn by turn: before {listed[0]}, now {listed[1]} ({times:.2f} times)",
        f"median {ranges[0][0]} ms before, {ranges[0][1]} now; 95th percentile {ranges[1][0]} before, "
        f"{ranges[1][1]} now; errors {wrong[0]} before, {wrong[1]} now",
    ]
