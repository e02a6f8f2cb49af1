"""A command that is forked says, returns and dies as one that is started from nothing."""

from __future__ import annotations

import functools
import signal
import subprocess
import sys

import pytest

from tests.support.databases import ROOT, Database, environment, flask
from tests.support.depth import examples
from tests.support.servers import forking

HISTORY = ("import", "metrics", str(ROOT / "tests" / "data" / "metrics.csv"))


def from_nothing(url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT, env=environment(url, **more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("arguments", "more", "status"),
    [
        pytest.param(HISTORY, {"WSS_FAILPOINT": "unit.before_commit:kill"}, -signal.SIGKILL, id="killed"),
        pytest.param(("no-such-command",), {}, 2, id="unknown"),
        pytest.param(HISTORY, {"WSS_FAILPOINT": "unit.before_commit:raise"}, 1, id="raising"),
        pytest.param(("routes",), {"WSS_SECOND_FACTOR": "sometimes"}, 1, id="setting"),
    ][: examples(1, 4)],
)
def test_it_cannot_be_told_from_one_that_was_started(
    database: Database, arguments: tuple[str, ...], more: dict[str, str], status: int
) -> None:
    forked, started = (run(database.url, *arguments, **more) for run in (flask, from_nothing))
    assert forked.returncode == started.returncode == status, started.stderr + forked.stderr
    assert forked.stdout == started.stdout
    assert forked.stderr.splitlines()[-1:] == started.stderr.splitlines()[-1:]


def test_one_that_cannot_import_the_application_ends_with_what_it_met(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = functools.partial(environment, WSS_SECOND_FACTOR="sometimes")
    monkeypatch.setattr("tests.support.databases.environment", broken)
    monkeypatch.setattr(forking, "_forker", functools.cache(forking._forker.__wrapped__))
    for _time in range(2):
        with pytest.raises(RuntimeError, match="WSS_SECOND_FACTOR"):
            flask("sqlite://", "routes")
