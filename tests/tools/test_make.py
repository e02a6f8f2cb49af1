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

from tests.support.databases import ROOT, Database, environment
from tests.support.postgres import free_port
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from tests.support.servers.running import Running

ACCOUNTS = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")
PASSWORD = "printed for everyone to read"
STAMP = ROOT / ".venv" / ".installed"


@pytest.fixture
def run(empty_database: Database, tmp_path: Path) -> Iterator[Running]:
    """`make run` on a database without a schema; whatever it leaves is killed."""
    if not STAMP.exists() or STAMP.read_bytes() != (ROOT / "requirements.lock").read_bytes():
        pytest.skip("this environment was not made by make, so make would make another")
    if shutil.which("make") is None:
        pytest.skip("make is missing")
    port = str(free_port())
    settings = environment(empty_database.url, PORT=port, WSS_INSTANCE=str(tmp_path), WSS_DEMO_PASSWORD=PASSWORD)
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
    [("sqlite", signal.SIGINT), ("postgresql", signal.SIGTERM)],
    indirect=["backend"],
    scope="session",
)
def test_make_run_serves_and_ends(run: Running, number: int) -> None:
    wait_until(lambda: "Running at" in run.words or run.process.poll() is not None, 3 * LONGEST_WAIT, "it serves")
    assert run.process.poll() is None, run.words
    wait_until(
        lambda: health(run) == {"status": "ok", "database": "ok", "scheduler": "ok"}, LONGEST_WAIT, "all is well"
    )
    for name in ACCOUNTS:
        assert f"{name}@demo.example" in run.words
    assert PASSWORD in run.words
    began = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(run.process.pid, number)  # Ctrl-C reaches the whole group of the terminal
    else:
        run.process.send_signal(number)
    wait_until(lambda: run.alive() == [], 10, "nothing is left")
    assert time.monotonic() - began < 10
