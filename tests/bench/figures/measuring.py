"""How the bench takes its figures: pages in turn in blocks, their SQL alone, eight people at once, memory."""

from __future__ import annotations

import http.client
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests.bench.person import Answer, Person, within
from wss_cases.foundation.db import db

WARM = 5
SQL_ROUNDS = 10
BLOCKS = 6
Visit = Callable[[Person], Answer]
Reports = Callable[[], int]


@dataclass(frozen=True)
class Act:
    """One of a hundred acts, or of so many `share` of them; `saves`: it leaves a report, and nothing else redirects."""

    share: int
    visit: Visit
    saves: bool = False


@dataclass
class Opened:
    """One page as it is opened again and again: times in milliseconds, block by block; `reports` counts those that
    stand, where it saves one."""

    person: Person
    visit: Visit
    saves: bool = False
    reports: Reports | None = None
    blocks: list[list[float]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def open(self, times: int) -> None:
        """Open it so many times in a row; a block of its own. RuntimeError where a save leaves no report."""
        before = self.reports() if self.reports else 0
        answers = [checked(self.visit(self.person), self.saves) for _ in range(times)]
        if self.reports and (more := self.reports() - before) != times:
            raise RuntimeError(f"{times} saves left {more} reports")
        self.blocks.append([answer.took for answer in answers])
        self.sizes += [len(answer.body) for answer in answers]

    @property
    def medians(self) -> list[float]:
        """The median of each block but the first, which warmed it."""
        return [statistics.median(block) for block in self.blocks[1:]]

    @property
    def late(self) -> float:
        """The 95th percentile of all but the first block."""
        return statistics.quantiles([took for block in self.blocks[1:] for took in block], n=20)[-1]

    @property
    def size(self) -> float:
        """Kilobytes of an answer."""
        return statistics.median(self.sizes) / 1024


def checked(answer: Answer, saves: bool = False) -> Answer:
    """Return the answer that was wanted, a page or the way on after saving; RuntimeError with the beginning of any
    other."""
    if answer.status != (http.client.SEE_OTHER if saves else http.client.OK):
        raise RuntimeError(f"{answer.status} {answer.location} {answer.body[:300]!r}")
    return answer


def in_turn(groups: Sequence[Sequence[Opened]], rounds: int) -> None:
    """Open what belongs together, a page and its floor, in blocks, each block of all groups after the other, so that an
    hour in which the machine is slow is slow for all; in every other block the last of a group comes first."""
    each = max(2, rounds // BLOCKS)
    for block in range(BLOCKS + 1):
        for group in groups:
            for one in group if block % 2 else reversed(group):
                one.open(each if block else WARM)


def sql_alone(app: Flask, who: str, password: str, visit: Visit, saves: bool) -> tuple[float, int]:
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
        checked(visit(person), saves)
        sums.append((sum(taken), len(taken)))
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
    return statistics.median(took for took, _number in sums), sums[-1][1]


def mixed(
    workers: list[tuple[Person, list[Act]]], seconds: float, reports: Reports, turn: int = 0
) -> tuple[dict[str, float], str]:
    """Return what so many people at once got done in this time, as figures and in words: answers a second, how long
    they took, and how many saves left a report. RuntimeError where some did not. Each turn has an order of its own,
    the same for all that are told of that turn."""
    until = time.monotonic() + seconds
    taken: list[float] = []
    wrong: list[str] = []
    saved: list[bool] = []

    def work(number: int, person: Person, acts: list[Act]) -> None:
        chance = random.Random(turn * len(workers) + number)
        shares = [act.share for act in acts]
        while time.monotonic() < until:
            [act] = chance.choices(acts, shares)
            try:
                taken.append(checked(act.visit(person), act.saves).took)
                saved.extend([True] * act.saves)
            except (RuntimeError, OSError) as error:
                wrong.append(repr(error))

    before = reports()
    threads = [threading.Thread(target=work, args=(number, *worker)) for number, worker in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if (more := reports() - before) != len(saved):
        raise RuntimeError(f"{len(saved)} saves left {more} reports")
    figures = {
        "answers": len(taken) / seconds, "median": statistics.median(taken),
        "p95": statistics.quantiles(taken, n=20)[-1], "saved": len(saved), "errors": len(wrong),
    }  # fmt: skip
    words = (
        "{0} people for {1} s: {answers:.0f} answers a second, median {median:.1f} ms, p95 {p95:.1f} ms, "
        "{saved} reports saved, each a row more, {errors} errors {2}"
    )
    return figures, words.format(len(workers), seconds, wrong[:1] or "", **figures)


def memory(above: int) -> tuple[float, list[str]]:
    """Return what all processes under one hold, what is their own, shared pages divided (PSS), and a line for each."""
    lines, whole = [], 0.0
    for number in below(above):
        # what is forked has a name of its own, and the command of what it was forked from
        words = Path(f"/proc/{number}/comm").read_text(encoding="utf-8").strip()
        held = dict(
            line.split(":") for line in Path(f"/proc/{number}/smaps_rollup").read_text("ascii").splitlines()[1:]
        )
        resident, own = (int(held[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
        whole += own
        lines.append(f"  {words:15} {resident:6.0f} MB resident, {own:6.0f} MB its own share")
    return whole, [*lines, f"  web and scheduler together: {whole:.0f} MB"]


def below(number: int) -> Iterator[int]:
    """Yield a process and all that it started."""
    yield number
    for task in Path(f"/proc/{number}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from below(int(child))
