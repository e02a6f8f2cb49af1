"""`make run` as an operator starts it: healthy, its address and accounts printed, and gone within ten seconds."""

from __future__ import annotations

import json
import os
import re
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
from tests.support.servers.running import Running, parent_of

ACCOUNTS = ("reporter", "dean", "coordinator", "administrator", "district", "sysadmin", "partner", "auditor")
FEW_ACTS_NEED = ("lxml", "PIL", "_pillow_heif", "pydantic_core", "charset_normalizer")
"""Libraries with a part that the system maps into memory by its file."""
MOST_MEGABYTES = 330
"""Of all together, shared pages divided, before anybody came: some 230; with one more that holds all by itself, 370."""
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


def _is_one_application(run: Running) -> None:
    """What web and scheduler hold is held once, without what few acts need; the scheduler that dies is forked again."""
    [scheduler] = run.named("scheduler")
    loaded = parent_of(scheduler)
    assert run.named("web server").count(loaded) == 1
    held = Path(f"/proc/{loaded}/maps").read_text(encoding="utf-8")
    assert "sqlalchemy" in held and [name for name in FEW_ACTS_NEED if f"/{name}" in held] == []
    kilobytes = [
        re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
        for pid in run.alive()
    ]
    assert sum(int(one[1]) for one in kilobytes if one) < MOST_MEGABYTES * 1024
    os.kill(scheduler, signal.SIGKILL)
    wait_until(lambda: run.named("scheduler") not in ([], [scheduler]), LONGEST_WAIT, "another one runs")
    assert [parent_of(one) for one in run.named("scheduler")] == [loaded]
    assert "The scheduler ended with status -9; starting it again in 1 s." in run.words


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
    _is_one_application(run)
    began = time.monotonic()
    if number == signal.SIGINT:
        os.killpg(run.process.pid, number)  # Ctrl-C reaches the whole group of the terminal
    else:
        run.process.send_signal(number)
    wait_until(lambda: run.alive() == [], 10, "nothing is left")
    assert time.monotonic() - began < 10
