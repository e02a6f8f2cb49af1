"""Limits a process to two computing requests at a time; the others wait, because all at once would slow each other.

A process runs one thread at a time however many it has, and a thread that returns from the database waits behind all
others that compute. Two are enough to use the waits for the database. The other threads serve what takes long: a PDF, a
large file. A request that has waited half a second begins all the same, and those after it at once, until one of the
two is done.
"""

from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import Any

TURNS = 2
PATIENCE_SECONDS = 0.5

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class InTurn:
    """A WSGI application whose requests wait for their turn; streamed answers are sent without one."""

    def __init__(self, app: Wsgi) -> None:
        self.app, self.turns = app, BoundedSemaphore(TURNS)
        self.held_long = False
        """Whether somebody has waited in vain since a turn was last given back: then no one else waits."""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer a request."""
        has_turn = self.turns.acquire(timeout=0 if self.held_long else PATIENCE_SECONDS)
        self.held_long = not has_turn
        try:
            return self.app(environ, start)
        finally:
            if has_turn:
                self.held_long = False
                self.turns.release()
