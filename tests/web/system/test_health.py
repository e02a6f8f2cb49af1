"""Health for machines: the process, the database, its schema, the scheduler."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.mail.common.pages import Heartbeat
from wss_cases.mail.monitoring import standing


def test_healthz_answers_while_readyz_names_what_is_missing(
    session: Any, client: PageClient, at: Callable[..., datetime]
) -> None:
    now = at("2026-11-24 10:00")
    assert client.get("/healthz").get_json() == {"status": "ok", "database": "ok", "scheduler": "not started"}
    assert client.get("/readyz").status_code == 503
    session.add(Heartbeat(name="scheduler", at=now))
    session.commit()
    assert (client.get("/readyz").status_code, client.get("/readyz").get_json()["scheduler"]) == (200, "ok")
    at("2026-11-24 10:06")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["scheduler"]) == (503, "silent")


@pytest.mark.parametrize(
    ("rows", "scheduler"),
    [
        ([{"at": 0}], "ok"),
        ([{"at": -300}], "ok"),
        ([{"at": -301}], "silent"),
        ([{"at": 86_400}], "silent"),
        ([{"at": 86_400}, {"at": -60}], "ok"),
        ([{"at": 0, "swept_at": -60, "failures": 1}], "ok"),
        ([{"at": 0, "swept_at": -301, "failures": 5}], "failing"),
        ([{"at": 0, "failures": 1}], "failing"),
        ([{"at": 0, "swept_at": -400, "failures": 9}, {"at": -30, "swept_at": -30}], "ok"),
    ],
)
def test_a_scheduler_counts_that_lives_and_sweeps_by_this_clock(
    session: Any, at: Callable[..., datetime], rows: list[dict[str, int]], scheduler: str
) -> None:
    now = at("2026-11-24 10:00")
    for number, row in enumerate(rows):
        instants = {
            name: now + timedelta(seconds=value) if name.endswith("at") else value for name, value in row.items()
        }
        session.add(Heartbeat(name=f"s{number}", **instants))
    session.commit()
    assert standing(now).scheduler == scheduler


def test_a_database_without_schema_is_not_served_and_names_the_command(empty_database: Database, tmp_path: Any) -> None:
    client = make_app(empty_database.url, tmp_path).test_client()
    page = client.get("/sign-in")
    assert page.status_code == 503
    assert "flask db upgrade" in page.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["database"]) == (503, "schema: flask db upgrade")


def test_the_system_page_says_that_no_email_has_failed(session: Any, client_as: Any) -> None:
    assert "No email has failed" in client_as(make_user(Role.SYSADMIN)).page("/system").text
