"""A handful of browsers on a bad line, or of attackers, keep no page from anybody else."""

from __future__ import annotations

import contextlib
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.slow_clients import BODY, HEADERS
from tests.support.databases import ROOT, Database
from tests.support.servers.live_system import LONGEST_WAIT, LiveSystem, wait_until
from wss_cases.web import serving

SLOW = 3 * serving.threads
ANSWERED_WITHIN = 20.0
"""Seconds; a server whose threads read by themselves would answer when the last slow client lets go: never."""


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[LiveSystem]:
    """The server as `make run` starts it, of one process."""
    system = LiveSystem(database, tmp_path, {})
    system.start(
        "web", "gunicorn", "-c", "python:wss_cases.web.serving", "wsgi:app",
        "--bind", f"127.0.0.1:{system.port}", "--workers", "1", "--graceful-timeout", "2",
    )  # fmt: skip
    wait_until(lambda: system.status("/healthz") == 200, LONGEST_WAIT, f"the server answers\n{system.log('web')}")
    yield system
    system.stop()


@pytest.mark.any_database("the server is the point")
def test_slow_clients_hold_up_nobody(served: LiveSystem) -> None:
    """Starts a real server, which takes seconds: what buffers is the server, so nothing in process can show it."""
    with contextlib.ExitStack() as held:
        lines = [held.enter_context(socket.create_connection(("127.0.0.1", served.port))) for _each in range(SLOW)]
        for number, line in enumerate(lines):
            line.sendall(HEADERS if number % 4 == 0 else BODY)
        for _each in range(3):
            with urllib.request.urlopen(f"{served.url}/healthz", timeout=ANSWERED_WITHIN) as answer:
                assert answer.status == 200
        line = lines[1]
        line.settimeout(ANSWERED_WITHIN)
        line.sendall(b"x" * (100_000 - len(b"email=")))
        assert line.recv(12).startswith(b"HTTP/1.1 400"), "whoever is slow is answered in the end: without a token, 400"
    large = urllib.request.Request(f"{served.url}/incidents/1/files", b"x" * (17 * 1024**2), method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(large, timeout=ANSWERED_WITHIN)
    assert b"</html>" in refused.value.read(), "what is too large for a form is answered by the application's own page"


def test_the_deployment_page_requires_a_proxy_that_buffers_and_marks_its_lines() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert "A proxy that buffers is required" in page
    for line in ("proxy_request_buffering on;", "proxy_buffering on;"):
        [marked] = [one for one in page.splitlines() if one.strip().startswith(line)]
        assert "# required" in marked
