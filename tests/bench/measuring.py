"""How the bench takes its figures: each page alone, its SQL alone, eight people at once, memory."""

from __future__ import annotations

import http.client
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests.bench.person import Answer, Person, within
from wss_cases.foundation.db import db

WARM = 5
SQL_ROUNDS = 10
Visit = Callable[[Person], Answer]
Acts = list[tuple[int, Visit]]


@dataclass(frozen=True)
class Line:
    """One page's figures: times in milliseconds, kilobytes of the answer."""

    name: str
    aim: int
    median: float
    late: float
    size: float

    def words(self, sql: float, statements: int) -> str:
        """Return the line of the table; `sql` is the time of its statements alone."""
        aim = str(self.aim or "")
        return f"{self.name:44} {aim:>5} {self.median:8.1f} {self.late:8.1f} {self.size:7.1f} {sql:7.1f} {statements:5}"


def checked(answer: Answer) -> Answer:
    """Return a good answer; RuntimeError with the beginning of any other."""
    if answer.status not in (http.client.OK, http.client.SEE_OTHER):
        raise RuntimeError(f"{answer.status} {answer.body[:300]!r}")
    return answer


def alone(person: Person, visit: Visit, rounds: int) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the size of a page that nobody else keeps from being answered."""
    for _ in range(WARM):
        checked(visit(person))
    answers = [checked(visit(person)) for _ in range(rounds)]
    taken = [answer.took for answer in answers]
    return (
        statistics.median(taken),
        statistics.quantiles(taken, n=20)[-1],
        statistics.median(len(answer.body) for answer in answers) / 1024,
    )


def sql_alone(app: Flask, who: str, password: str, visit: Visit) -> tuple[float, int]:
    """Return the median time of a page's statements, in milliseconds, and how many they are."""
    person = Person(within(app), who, password)
    with app.app_context():
        engine = db.engine
    began: list[float] = []
    taken: list[float] = []

    def before(*_given: Any) -> None:
        began.append(time.perf_counter())

    def after(*_given: Any) -> None:
        taken.append((time.perf_counter() - began.pop()) * 1000)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    sums = []
    for _ in range(SQL_ROUNDS):
        taken.clear()
        checked(visit(person))
        sums.append((sum(taken), len(taken)))
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
    return statistics.median(took for took, _number in sums), sums[-1][1]


def mixed(workers: list[tuple[Person, Acts]], seconds: int) -> str:
    """Return what so many people at once got done in this time: answers a second, and how long they took."""
    until = time.monotonic() + seconds
    taken: list[float] = []
    wrong: list[str] = []

    def work(number: int, person: Person, acts: Acts) -> None:
        chance = random.Random(number)
        shares = [share for share, _visit in acts]
        while time.monotonic() < until:
            [(_share, visit)] = chance.choices(acts, shares)
            try:
                taken.append(checked(visit(person)).took)
            except (RuntimeError, OSError) as error:
                wrong.append(repr(error))

    threads = [threading.Thread(target=work, args=(number, *worker)) for number, worker in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "{} people for {} s: {:.0f} answers a second, median {:.1f} ms, p95 {:.1f} ms, {} errors {}".format(
        len(workers), seconds, len(taken) / seconds, statistics.median(taken), statistics.quantiles(taken, n=20)[-1],
        len(wrong), wrong[:1] or "",
    )  # fmt: skip


def memory(above: int) -> list[str]:
    """Return a line for each process under one, and their sum: what is its own, shared pages divided (PSS)."""
    lines, whole = [], 0.0
    for number in below(above):
        words = Path(f"/proc/{number}/cmdline").read_text(encoding="utf-8").replace("\0", " ")[-60:]
        held = dict(
            line.split(":") for line in Path(f"/proc/{number}/smaps_rollup").read_text("ascii").splitlines()[1:]
        )
        resident, own = (int(held[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
        whole += own
        lines.append(f"  {words:62} {resident:6.0f} MB resident, {own:6.0f} MB its own share")
    return [*lines, f"  web and scheduler together: {whole:.0f} MB"]


def below(number: int) -> Iterator[int]:
    """Yield a process and all that it started."""
    yield number
    for task in Path(f"/proc/{number}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from below(int(child))
