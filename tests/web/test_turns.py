"""Two requests of a process compute at a time; who waits too long begins all the same."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from wss_cases.web.limits import PATIENCE_SECONDS, TURNS, InTurn

pytestmark = pytest.mark.any_database("it passes requests on, and asks no database")
REQUESTS = 8
LONGEST = 30.0


class Rooms:
    """An application that notes how many requests are in it at once."""

    def __init__(self) -> None:
        self.meet = threading.Barrier(TURNS, timeout=LONGEST)
        self.lock, self.inside, self.most = threading.Lock(), 0, 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Wait for as many as may be here, and leave. KeyError for a request without an address."""
        assert environ["PATH_INFO"]
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.meet.wait()
        with self.lock:
            self.inside -= 1
        return [b"done"]


def test_two_at_a_time_each_in_its_turn_and_an_error_gives_it_back() -> None:
    rooms = Rooms()
    app = InTurn(rooms)
    for _number in range(TURNS):
        with pytest.raises(KeyError):
            app({}, None)
    assert all(app.turns.acquire(blocking=False) for _number in range(TURNS))
    app.turns.release(TURNS)
    with ThreadPoolExecutor(REQUESTS) as people:
        answers = list(people.map(lambda _number: app({"PATH_INFO": "/"}, None), range(REQUESTS)))
    assert answers == [[b"done"]] * REQUESTS
    assert rooms.most == TURNS


def test_what_takes_long_holds_no_one_else_up() -> None:
    let_go = threading.Event()

    def answering(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/long" and not let_go.wait(LONGEST):
            raise TimeoutError("no one came in beside what takes long")
        return [b"done"]

    app = InTurn(answering)
    with ThreadPoolExecutor(TURNS + 1) as people:
        long = [people.submit(app, {"PATH_INFO": "/long"}, None) for _number in range(TURNS)]
        for _number in range(2):
            assert people.submit(app, {"PATH_INFO": "/short"}, None).result(LONGEST) == [b"done"]
            assert app.held_long, "who comes next does not wait in vain once more"
        let_go.set()
        assert [one.result(LONGEST) for one in long] == [[b"done"]] * TURNS
    assert not app.held_long
    assert PATIENCE_SECONDS < 1, "the first alone waits, and no longer than a person notices"
