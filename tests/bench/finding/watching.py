"""What an opening of a page takes: its time, what processors work for it, and what it asks of the database."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tests.bench.figures.measuring import checked
from tests.bench.person import Answer

AIM = 40
"""Milliseconds."""


@dataclass
class Figures:
    """What one page took at each opening, in milliseconds, and what it asked of the database."""

    wall: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)
    statements: int = 0

    def words(self) -> str:
        """Return median, 95th percentile, processors' time, time of the statements, and their number."""
        late = statistics.quantiles(self.wall, n=20)[-1]
        median, asked = map(statistics.median, (self.wall, self.asked))
        beyond = "" if min(median, self.busy) <= AIM else "  BEYOND THE AIM"
        return f"{median:7.1f} {late:7.1f} {self.busy:7.1f} {asked:7.1f} {self.statements:4}{beyond}"

    @property
    def busy(self) -> float:
        """What processors worked for an opening in the middle: on a machine that does nothing else, what it takes."""
        return statistics.median(self.worked)


class Watch:
    """Takes the time of pages and of their statements; explains those that take long."""

    def __init__(self, engine: Engine, explain: float) -> None:
        self.engine, self.explain = engine, explain
        self.explained: dict[str, str] = {}
        self.taken: list[tuple[float, str, Any]] = []
        self._began = 0.0
        self._backends: set[int] = set()
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, *_given: Any) -> None:
        self._began = time.perf_counter()

    def _after(self, connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        self.taken.append(((time.perf_counter() - self._began) * 1000, statement, values))
        if self.engine.dialect.name == "postgresql":
            self._backends.add(connection.connection.driver_connection.info.backend_pid)

    def _worked(self) -> float:
        """Return the seconds that processors have worked for this process and its connections."""
        told = (Path(f"/proc/{number}/schedstat").read_text("ascii") for number in self._backends)
        return time.process_time() + sum(int(words.split()[0]) for words in told) / 1e9

    def measure(self, rounds: int, visit: Callable[[], Answer]) -> Figures:
        """Return what so many openings take, after two that are not counted."""
        figures = Figures()
        for number in range(rounds + 2):
            self.taken.clear()
            began, worked = time.perf_counter(), self._worked()
            checked(visit())
            wall, worked = time.perf_counter() - began, self._worked() - worked
            if number > 1:
                figures.wall.append(wall * 1000)
                figures.worked.append(worked * 1000)
                figures.asked.append(sum(took for took, _statement, _values in self.taken))
        figures.statements = len(self.taken)
        if self.explain:
            for took, statement, values in [one for one in self.taken if one[0] >= self.explain]:
                self._explain(took, statement, values)
        return figures

    def _explain(self, took: float, statement: str, values: Any) -> None:
        if statement in self.explained or not statement.lstrip().startswith(("SELECT", "WITH")):
            return
        how = "EXPLAIN (ANALYZE, BUFFERS) " if self.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
        with self.engine.connect() as connection:
            rows = [row[-1] for row in connection.exec_driver_sql(how + statement, values)]
        self.explained[statement] = "\n".join([f"-- {took:.1f} ms", statement, str(values), *map(str, rows)])
