"""Who computes in a process: two requests at a time, and the others wait, for all at once only slow each other down.

A process runs one thread at a time however many it has, and one that comes back from the database waits for it behind
all others that compute. Two are enough to use the time in which one waits for the database. The threads are still there
for what takes long: a paper, a large file. A request that has waited half a second begins all the same.
"""

from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import Any

TURNS = 2
PATIENCE_SECONDS = 0.5

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class InTurn:
    """An application whose requests wait for their turn; what an answer streams is handed out without one."""

    def __init__(self, app: Wsgi) -> None:
        self.app, self.turns = app, BoundedSemaphore(TURNS)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer a request."""
        has_turn = self.turns.acquire(timeout=PATIENCE_SECONDS)
        try:
            return self.app(environ, start)
        finally:
            if has_turn:
                self.turns.release()
