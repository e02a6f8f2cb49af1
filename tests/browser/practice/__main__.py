"""`python -m tests.browser.practice`: every row of the table of goals, counted in Chromium on both databases.

It runs the stories that count (those with the fixture `note`), in English, on a phone and at a desk, and prints the
table: the work, what it cost before, the goal, and now. A story fails where a figure is beyond its goal. Ends with 1
where one failed or a row was counted by no story."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.browser.practice.rows import PREFIX, ROWS
from tests.support.depth import BACKENDS
from tests.support.ledger import NAMES, PROPERTY

STORIES = str(Path(__file__).resolve().parent.parent)
OTHER_LANGUAGE = "es"


class Table:
    """Chooses the stories that count, and keeps what they noted."""

    def __init__(self) -> None:
        self.figures: dict[tuple[str, str], list[str]] = defaultdict(list)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave the stories that count, told in English."""
        counting = [item for item in items if "note" in getattr(item, "fixturenames", ()) and not _in_spanish(item)]
        gone = [item for item in items if item not in counting]
        config.hook.pytest_deselected(items=gone)
        items[:] = counting

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the figures of one story, by row and database."""
        if report.when != "call":
            return
        told = dict(report.user_properties)
        for name, figure in told.items():
            if name.startswith(PREFIX):
                figures = self.figures[name.removeprefix(PREFIX), str(told.get(PROPERTY))]
                figures += [str(figure)] if str(figure) not in figures else []

    def lines(self) -> list[str]:
        head = ["work", "before", "goal", *(f"now, {NAMES[kind]}" for kind in BACKENDS)]
        rows = [[row.work, row.before, row.goal, *(self.now(row.work, kind) for kind in BACKENDS)] for row in ROWS]
        return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]

    def now(self, work: str, kind: str) -> str:
        return "; ".join(sorted(self.figures[work, kind])) or "NOT COUNTED"


def _in_spanish(item: pytest.Item) -> bool:
    spec = getattr(item, "callspec", None)
    return spec is not None and spec.params.get("language") == OTHER_LANGUAGE


def main() -> int:
    """Count every row; 1 where a story failed or a row has no figure."""
    table = Table()
    status = pytest.main([STORIES, "-q", "--full-cross", "-p", "no:cacheprovider", *sys.argv[1:]], plugins=[table])
    lines = table.lines()
    print(*lines, sep="\n")
    return 1 if status != pytest.ExitCode.OK or any("NOT COUNTED" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
