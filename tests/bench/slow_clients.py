"""`python -m tests.bench.slow_clients`: My day while slow clients hold connections, on a demo district in SQLite.

Half of them drip the body of a form, a quarter never finish a request's headers, a quarter take an answer a few bytes
at a time. `--web` measures another server's command, with {port} in it; without it what `make run` starts.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures.measuring import checked
from tests.bench.person import Person, over_the_network
from tests.support.databases import DEMO_PASSWORD, ROOT, Databases, environment
from tests.support.postgres import free_port
from tests.support.servers.live_system import wait_until
from wss_cases.jobs.supervisor import answers, web_command

DRIP_SECONDS = 1.0
PAUSE_SECONDS = 0.1
HEADERS = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 100000\r\n\r\nemail="
)
KINDS = ("body", "headers", "body", "answer")
ANSWER = b"GET /bootstrap/static/css/bootstrap.min.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@contextmanager
def slow_clients(port: int, number: int) -> Iterator[None]:
    """Let so many clients hold connections to a port of this machine, until the end of the block."""
    over = threading.Event()
    held = [threading.Thread(target=_hold, args=(port, KINDS[which % len(KINDS)], over)) for which in range(number)]
    for one in held:
        one.start()
    try:
        yield
    finally:
        over.set()
        for one in held:
            one.join()


def _hold(port: int, kind: str, over: threading.Event) -> None:
    """Send or take some bytes a second; begin again where the server has ended the connection."""
    while not over.is_set():
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.settimeout(DRIP_SECONDS)
            try:
                line.connect(("127.0.0.1", port))
                line.sendall({"headers": HEADERS, "body": BODY, "answer": ANSWER}[kind])
                while not over.wait(DRIP_SECONDS):
                    if kind == "answer" and not line.recv(64):
                        break
                    line.sendall(b"" if kind == "answer" else b"a")
            except OSError:
                over.wait(DRIP_SECONDS)


def my_day(person: Person, seconds: float) -> list[float]:
    """Return how long My day took each time, in milliseconds, opened several times a second for so long."""
    until = time.monotonic() + seconds
    taken = []
    while time.monotonic() < until:
        taken.append(checked(person.get("/my-day")).took)
        time.sleep(PAUSE_SECONDS)
    return taken


def words(taken: list[float]) -> str:
    late = statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    middle = statistics.median(taken)
    return f"{len(taken):4} times, median {middle:7.1f} ms, p95 {late:8.1f} ms, at most {max(taken):8.1f} ms"


@contextmanager
def serving(command: str, url: str, folder: Path) -> Iterator[int]:
    """Start a web server; gives its port."""
    port = free_port()
    started = shlex.split(command.format(port=port)) if command else web_command(port)
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            started,
            cwd=ROOT,
            env=environment(url, WSS_INSTANCE=str(folder)) | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")},
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: answers(port), 60, "the server answers")
            yield port
        finally:
            process.terminate()
            process.wait(30)


def main(arguments: list[str]) -> int:
    """Measure alone, eight at once, and beside slow clients; print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.slow_clients")
    parser.add_argument("--clients", type=int, nargs="+", default=[20])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--web", default="", help="another server's command, with {port} in it")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder)
        database = databases.copy(databases.demo("sqlite"))
        with serving(wanted.web, database.url, folder) as port:
            people = [Person(over_the_network(port), "coordinator@demo.example", DEMO_PASSWORD) for _ in range(8)]
            my_day(people[0], 2)
            print("alone            ", words(my_day(people[0], 5)), flush=True)
            print("eight at once    ", _together(people, 8), flush=True)
            for number in wanted.clients:
                with slow_clients(port, number):
                    print(f"{number:3} slow clients ", words(my_day(people[0], wanted.seconds)), flush=True)
        databases.close()
    return 0


def _together(people: list[Person], seconds: float) -> str:
    """Return the figures of several people who open the page again and again, without a pause."""
    taken: list[list[float]] = [[] for _ in people]
    until = time.monotonic() + seconds

    def work(person: Person, into: list[float]) -> None:
        while time.monotonic() < until:
            into.append(checked(person.get("/my-day")).took)

    workers = [threading.Thread(target=work, args=pair) for pair in zip(people, taken, strict=True)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    every = list(itertools.chain(*taken))
    return f"{words(every)}, {len(every) / seconds:.0f} a second"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
