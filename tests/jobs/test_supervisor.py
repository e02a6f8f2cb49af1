"""The supervisor: it starts, restarts and ends processes, and says plainly why it cannot start."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import ROOT, Database, environment
from tests.support.postgres import free_port
from tests.support.servers.live_system import LONGEST_WAIT, wait_until
from tests.support.servers.running import Running, parent_of
from wss_cases.jobs.children import Child
from wss_cases.jobs.supervisor import port_is_free

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
PROGRAM = """
import sys
from wss_cases.jobs import supervisor
from wss_cases.jobs.children import Child
from wss_cases.jobs.supervisor import Supervisor
supervisor.STOP_SECONDS = 2.0  # for whoever is deaf, whom a test waits for
def child(name, code, essential=False):
    return Child(name, lambda: exec(code, {}), essential=essential, ready=None)
children = eval(sys.argv[1])
sys.exit(Supervisor(children, lambda: print("ready", flush=True)).run())
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[Running]]:
    """Supervisors that the test started; whatever it leaves is killed."""
    started: list[Running] = []
    yield started
    for one in started:
        if one.alive():
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()


def supervise(running: list[Running], folder: Path, children: str) -> Running:
    one = Running(folder, [sys.executable, "-c", PROGRAM, children], dict(os.environ) | {"PYTHONPATH": str(ROOT)})
    running.append(one)
    return one


def real(folder: Path, settings: dict[str, str]) -> Running:
    """The supervisor as `make run` starts it."""
    return Running(folder, [sys.executable, "-m", "wss_cases.jobs.supervisor"], settings)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_every_process(running: list[Running], tmp_path: Path, number: int) -> None:
    one = supervise(running, tmp_path, f"[child('a', {SLEEPER!r}), child('b', {SLEEPER!r})]")
    wait_until(lambda: len(one.alive()) == 3 and "ready" in one.words, LONGEST_WAIT, "two children run")
    assert one.end(number) < 5
    assert one.process.returncode == 0
    assert one.alive() == []


def test_a_child_that_ignores_the_signal_is_killed(running: list[Running], tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    one = supervise(running, tmp_path, f"[child('a', {deaf!r})]")
    wait_until(lambda: "deaf" in one.words, LONGEST_WAIT, "the child runs")
    assert one.end(signal.SIGTERM) < 5
    assert one.alive() == []


def test_children_end_though_the_supervisor_is_killed(running: list[Running], tmp_path: Path) -> None:
    one = supervise(running, tmp_path, f"[child('a', {SLEEPER!r}), child('b', {SLEEPER!r})]")
    wait_until(lambda: one.words.count("up") == 2, LONGEST_WAIT, "two children run")
    one.end(signal.SIGKILL)
    wait_until(lambda: one.alive() == [], 10, "its children are told")


def test_signals_work_when_started_with_sigint_ignored(running: list[Running], tmp_path: Path) -> None:
    children = f"[child('a', {SLEEPER!r})]"
    ignoring = (
        "import signal, os, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "os.execv(sys.executable, [sys.executable, '-c', *sys.argv[1:]])"
    )
    settings = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    one = Running(tmp_path, [sys.executable, "-c", ignoring, PROGRAM, children], settings)
    running.append(one)
    wait_until(lambda: "ready" in one.words, LONGEST_WAIT, "the child runs")
    assert one.end(signal.SIGINT) < 5


def test_a_dead_child_is_started_again(running: list[Running], tmp_path: Path) -> None:
    short = "import os; print('once', flush=True); os._exit(3)"
    one = supervise(running, tmp_path, f"[child('worker', {short!r})]")
    wait_until(lambda: one.words.count("once") >= 2, LONGEST_WAIT, "the child is started a second time")
    assert "The worker ended with status 3; starting it again in 1 s." in one.words
    one.end(signal.SIGTERM)


def test_the_end_of_an_essential_child_before_it_is_ready_is_the_end(running: list[Running], tmp_path: Path) -> None:
    failing = "import sys; sys.exit(4)"
    web = f"Child('web server', lambda: exec({failing!r}), essential=True, ready=lambda: False)"
    children = f"[{web}, child('b', {SLEEPER!r})]"
    one = supervise(running, tmp_path, children)
    assert one.process.wait(LONGEST_WAIT) == 1
    assert "The web server could not start (it ended with status 4)." in one.words
    assert one.alive() == []


def test_pauses_grow_and_are_forgotten_after_steady_running() -> None:
    child = Child("x", print)
    assert [child.plan_restart(0) for _ in range(6)] == [1, 2, 4, 8, 16, 30]
    assert child.plan_restart(61) == 1


@pytest.mark.parametrize("value", ["none", "0", "70000"])
def test_a_port_that_is_none_is_refused(running: list[Running], tmp_path: Path, value: str) -> None:
    one = real(tmp_path, dict(os.environ) | {"PORT": value})
    running.append(one)
    assert one.process.wait(LONGEST_WAIT) == 1
    assert "PORT must be a number from 1 to 65535" in one.words


def test_a_taken_port_is_named(running: list[Running], tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert not port_is_free(port)
        one = Running(
            tmp_path, [sys.executable, "-m", "wss_cases.jobs.supervisor"], dict(os.environ) | {"PORT": str(port)}
        )
        running.append(one)
        assert one.process.wait(LONGEST_WAIT) == 1
    assert f"Port {port} is already in use" in one.words


def test_an_application_that_cannot_be_loaded_is_the_end(running: list[Running], tmp_path: Path) -> None:
    one = real(tmp_path, environment("sqlite://", PORT=str(free_port()), WSS_SECOND_FACTOR="sometimes"))
    running.append(one)
    assert one.process.wait(LONGEST_WAIT) == 1
    assert "WSS_SECOND_FACTOR=sometimes" in one.words and "could not be loaded" in one.words


@pytest.mark.full_cross_only("tests/tools/test_make.py")
def test_web_and_scheduler_run_and_end(running: list[Running], tmp_path: Path, database: Database) -> None:
    port = free_port()
    settings = environment(database.url, PORT=str(port), WSS_INSTANCE=str(tmp_path))
    one = real(tmp_path, settings)
    running.append(one)
    wait_until(
        lambda: "Running at" in one.words or one.process.poll() is not None, LONGEST_WAIT, "the address is printed"
    )
    assert one.process.poll() is None, one.words
    assert f"http://127.0.0.1:{port}/" in one.words
    # the first worker answers, and the address is printed, before gunicorn has forked the second
    wait_until(
        lambda: len(one.alive()) >= 5 and one.named("scheduler") != [],
        LONGEST_WAIT,
        "supervisor, gunicorn with two workers, scheduler",
    )
    [scheduler] = one.named("scheduler")
    loaded = parent_of(scheduler)
    workers = {pid for pid in one.named("web server") if pid != loaded}
    os.kill(loaded, signal.SIGHUP)
    wait_until(lambda: workers.isdisjoint(one.alive()), LONGEST_WAIT, "other workers take over")
    assert one.named("scheduler") == [scheduler] and len(one.alive()) == 5
    os.kill(loaded, signal.SIGKILL)
    wait_until(lambda: scheduler not in one.alive(), LONGEST_WAIT, "the scheduler ends with what it was forked from")
    wait_until(lambda: len(one.alive()) == 5 and one.named("scheduler"), LONGEST_WAIT, "all of them run again")
    assert one.words.count("ended with status") == one.words.count("The web server ended with status -9; starting") == 1
    one.end(signal.SIGKILL)
    wait_until(lambda: one.alive() == [], 10, "all that it started ends with it")
    assert one.words.count("ended with status") == 1
