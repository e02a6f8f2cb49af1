"""PostgreSQL stops while people work: one friendly answer, and back by itself once the server is."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import leave_out
from tests.support import postgres
from tests.support.databases import Databases
from tests.support.pages.reading import page_problems, parse
from tests.support.servers.live_system import LiveSystem, wait_until


@pytest.fixture
def own_databases(tmp_path: Path) -> Iterator[Databases]:
    """A PostgreSQL of its own, so that stopping it disturbs nobody."""
    if postgres.binaries() is None:
        leave_out("PostgreSQL's server programs are missing (apt install postgresql)")
    databases = Databases(tmp_path)
    yield databases
    databases.close()


@pytest.fixture
def system(own_databases: Databases, tmp_path: Path) -> Iterator[LiveSystem]:
    """Two web workers on that server."""
    live = LiveSystem(own_databases.template("postgresql"), tmp_path, {})
    live.start_web(workers=2)
    yield live
    live.stop()


def get(system: LiveSystem, path: str) -> tuple[int, str, str]:
    """Return status, Retry-After and body."""
    try:
        with urllib.request.urlopen(system.url + path, timeout=20) as answer:
            return answer.status, answer.headers.get("Retry-After", ""), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Retry-After", ""), error.read().decode()


def test_a_stopped_database_is_a_friendly_503_and_recovers(system: LiveSystem, own_databases: Databases) -> None:
    assert get(system, "/sign-in")[0] == 200
    with own_databases.postgres().paused():
        status, retry_after, body = get(system, "/sign-in")
        assert status == 503
        assert retry_after.isdecimal()
        assert page_problems(body) == []
        assert parse(body).find_all("h1")[0].text
        assert "psycopg" not in body
        assert "Traceback" not in body
        assert get(system, "/healthz")[0] == 200
        assert get(system, "/readyz")[0] == 503
    wait_until(lambda: all(get(system, "/sign-in")[0] == 200 for _ in range(8)), 5, "every worker serves again")
