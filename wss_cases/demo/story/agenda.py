"""The agenda of a whole district: lives that go on step by step, each at its instant, in the order of time.

A life is a generator: it yields the instant of its next step and is sent that instant when it has come. What has not
come yet when the story ends is simply not done.
"""

from collections.abc import Callable, Generator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

Life = Generator[datetime, datetime, None]


class Agenda:
    """Lets lives go on until an instant."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._numbers = count()

    def begin(self, life: Life) -> None:
        """Put the first step of a life on the agenda."""
        self._put(life, next(life, None))

    def run(self, progress: Callable[[datetime], None]) -> None:
        """Let every step happen whose instant has come, in the order of time; `progress` is told each instant."""
        while self._waiting and self._waiting[0][0] <= self.until:
            at, _number, life = heappop(self._waiting)
            progress(at)
            try:
                self._put(life, life.send(at))
            except StopIteration:
                continue

    def _put(self, life: Life, at: datetime | None) -> None:
        if at is not None:
            heappush(self._waiting, (at, next(self._numbers), life))
