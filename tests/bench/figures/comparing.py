"""What a bench found, as JSON, and two of them beside each other: what changed, and what is noise."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

FASTER, SLOWER, NOISE = "faster", "slower", "noise"
CLEAR = 0.05
"""A change of less than this part is not told, however even the blocks were."""


@dataclass(frozen=True)
class Measured:
    """One page: medians of its blocks and of its floor's in the same blocks, in milliseconds; `late`: its 95th
    percentile, `sql`: its statements alone, `size`: kilobytes."""

    name: str
    blocks: Sequence[float]
    floors: Sequence[float]
    late: float
    size: float
    sql: float
    statements: int

    @property
    def median(self) -> float:
        """The median of the blocks."""
        return statistics.median(self.blocks)

    @property
    def floor(self) -> float:
        """The same of its floor."""
        return statistics.median(self.floors)

    @property
    def ratios(self) -> list[float]:
        """How many times its floor the page took, block by block: an hour in which all is slow is not its fault."""
        return [mine / floor for mine, floor in zip(self.blocks, self.floors, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of these."""
        return statistics.median(self.ratios)

    def words(self, aim: int) -> str:
        told = f"{self.median:8.1f} {self.late:8.1f} {self.size:7.1f} {self.sql:7.1f} {self.statements:5}"
        return f"{self.name:44} {aim or '':>5} {told} {self.floor:7.1f} {self.ratio:6.2f}"


@dataclass
class Found:
    """What the bench found of one district. `mixed`: answers a second, their median and 95th percentile, errors."""

    district: str
    pages: list[Measured] = field(default_factory=list)
    mixed: dict[str, float] = field(default_factory=dict)
    memory: float = 0.0


def write(file: Path, found: Sequence[Found]) -> None:
    """Write what was found."""
    file.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> list[Found]:
    """Read what an earlier bench wrote."""
    return [
        Found(**one | {"pages": [Measured(**page) for page in one["pages"]]})
        for one in json.loads(file.read_text(encoding="utf-8"))
    ]


def verdict(before: Measured, now: Measured) -> str:
    """Say whether a page changed: only where every block of one run lies beyond every block of the other."""
    change = now.ratio / before.ratio - 1
    if change < -CLEAR and max(now.ratios) < min(before.ratios):
        return FASTER
    return SLOWER if change > CLEAR and min(now.ratios) > max(before.ratios) else NOISE


def compared(before: Sequence[Found], now: Sequence[Found]) -> list[str]:
    """Return a line for each page that both have."""
    lines = []
    earlier = {(one.district, page.name): page for one in before for page in one.pages}
    for one in now:
        for page in one.pages:
            was = earlier.get((one.district, page.name))
            if was is not None:
                asked = f"{was.statements} -> {page.statements} statements"
                times = f"{was.ratio:6.2f} -> {page.ratio:6.2f} times its floor"
                lines.append(
                    f"{page.name:44} {times} ({page.ratio / was.ratio - 1:+.0%}), {asked}: {verdict(was, page)}"
                )
    return lines
