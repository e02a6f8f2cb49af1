"""`/metrics`: the queue and the schedulers as the database has them, for those who may scrape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from tests.mail.making import CANARY, scene
from tests.support.pages.client import PageClient
from wss_cases.access.actor import SYSTEM
from wss_cases.jobs.ticks import tick
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail import monitoring as control
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]


def figures(client: PageClient) -> dict[str, float]:
    """Every sample as Prometheus' own parser reads it, by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def test_the_figures_are_those_of_the_database(session: Any, client: PageClient, at: At) -> None:
    here = scene()
    here.due(date(2026, 11, 20))
    night = at("2026-11-24 03:00")
    sweep(night)
    assert figures(client) | {"wss_mail_overdue_seconds": 0} == figures(client)
    now = at("2026-11-24 10:00")
    found = figures(client)
    assert found["wss_mail_queue waiting"] == 1
    assert found["wss_mail_oldest_waiting_seconds"] == found["wss_mail_overdue_seconds"] == 7 * 3600
    assert found["wss_scheduler_up"] == found["wss_delivery_paused"] == 0
    assert "wss_sweep_seconds" not in found
    control.pause(SYSTEM, "because", now)
    tick("host:1", now)
    message = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "digest")).one()
    message.state = OutboxState.FAILED
    session.commit()
    at("2026-11-24 10:01")
    found = figures(client)
    assert found["wss_mail_queue waiting"] == found["wss_mail_queue failed"] == found["wss_mail_failed_total"] == 1
    assert found["wss_delivery_paused"] == found["wss_scheduler_up"] == 1
    assert found["wss_scheduler_heartbeat_timestamp_seconds host:1"] == now.timestamp()
    assert found["wss_sweep_timestamp_seconds"] == now.timestamp()
    assert 0 <= found["wss_sweep_seconds"] < 60
    text = client.get("/metrics").get_data(as_text=True)
    for word in (*CANARY.split(), here.coordinator.email, here.coordinator.name, "because"):
        assert word not in text
    assert figures(client)["wss_mail_oldest_waiting_seconds"] == timedelta(hours=7, minutes=1).total_seconds()


@pytest.mark.parametrize(
    ("environment", "token", "headers", "address", "status"),
    [
        ("test", "", {}, "127.0.0.1", 200),
        ("test", "", {}, "::1", 200),
        ("test", "", {}, "10.1.2.3", 404),
        ("test", "", {"X-Forwarded-For": "10.1.2.3"}, "127.0.0.1", 404),
        ("production", "", {}, "127.0.0.1", 404),
        ("production", "s3cret", {"Authorization": "Bearer s3cret"}, "10.1.2.3", 200),
        ("production", "s3cret", {"Authorization": "Bearer s3cre"}, "127.0.0.1", 404),
        ("test", "s3cret", {}, "127.0.0.1", 404),
    ],
)
def test_who_may_scrape(
    app: Any, client: PageClient, monkeypatch: pytest.MonkeyPatch, environment: str, token: str,
    headers: dict[str, str], address: str, status: int,
) -> None:  # fmt: skip
    monkeypatch.setitem(app.config, "WSS_ENV", environment)
    monkeypatch.setitem(app.config, "METRICS_TOKEN", token)
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    if status == 404:
        assert "wss_" not in answer.get_data(as_text=True)
