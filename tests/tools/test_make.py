"""`make run` as an operator starts it: healthy, its address and accounts printed, and gone within ten seconds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import DEMO_PASSWORD, ROOT, Database, Databases, environment
from tests.support.depth import examples, full_cross
from tests.support.postgres import free_port
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from tests.support.servers.running import Running

ACCOUNTS = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")
STAMP = ROOT / ".venv" / ".installed"


@pytest.fixture
def begun(backend: str, databases: Databases) -> Iterator[Database]:
    """A database without a schema where everything is proven. Filling that takes a minute: otherwise one with a smaller
    demo district, and `tests/cli/test_prepare.py` begins from nothing."""
    database = databases.empty(backend) if full_cross() else databases.copy(databases.demo(backend))
    yield database
    databases.drop(database)


@pytest.fixture
def run(begun: Database, tmp_path: Path) -> Iterator[Running]:
    """`make run` on that database; whatever it leaves is killed."""
    if not STAMP.exists() or STAMP.read_bytes() != (ROOT / "requirements.lock").read_bytes():
        pytest.skip("this environment was not made by make, so make would make another")
    if shutil.which("make") is None:
        pytest.skip("make is missing")
    port = str(free_port())
    settings = environment(begun.url, PORT=port, WSS_INSTANCE=str(tmp_path), WSS_DEMO_PASSWORD=DEMO_PASSWORD)
    del settings["WSS_ENV"]
    running = Running(tmp_path, ["make", "run"], settings)
    yield running
    if running.alive():
        os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()


def health(running: Running) -> dict[str, str]:
    """Return the health page of the address that was printed."""
    address = running.words.split("Running at ")[1].split()[0]
    with urllib.request.urlopen(f"{address}healthz", timeout=10) as answer:
        found: dict[str, str] = json.load(answer)
    return found


@pytest.mark.parametrize(
    ("backend", "number"),
    [("sqlite", signal.SIGINT), ("postgresql", signal.SIGTERM)][: examples(1, 2)],
    indirect=["backend"],
    scope="session",
)
def test_make_run_serves_and_ends(run: Running, number: int) -> None:
    """Takes some seconds: Python is started from nothing three times, and in the full cross people make a district."""
    wait_until(lambda: "Running at" in run.words or run.process.poll() is not None, 3 * LONGEST_WAIT, "it serves")
    assert run.process.poll() is None, run.words
    wait_until(
        lambda: health(run) == {"status": "ok", "database": "ok", "scheduler": "ok"}, LONGEST_WAIT, "all is well"
    )
    for name in ACCOUNTS:
        assert f"{name}@demo.example" in run.words
    assert DEMO_PASSWORD in run.words
    began = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(run.process.pid, number)  # Ctrl-C reaches the whole group of the terminal
    else:
        run.process.send_signal(number)
    wait_until(lambda: run.alive() == [], 10, "nothing is left")
    assert time.monotonic() - began < 10
