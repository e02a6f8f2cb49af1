"""Delivery paused and released: nothing is sent, what comes due is queued, and everybody is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.mail.making import scene
from tests.support.pages.asked import asked
from tests.support.pages.client import PageClient
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.mail import monitoring as control
from wss_cases.mail.common.pages import Heartbeat
from wss_cases.mail.delivery.queue import deliver
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]


def audited(session: Any, action: str) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_paused_nothing_is_sent_and_released_each_goes_once(
    session: Any, at: At, mailing: MailServer, client_as: Callable[[Any], PageClient]
) -> None:
    now = at("2026-11-24 10:00")
    here = scene()
    sysadmin = make_user(Role.SYSADMIN, SchoolFactory())
    sysadmin_id = sysadmin.id
    session.add(Heartbeat(name="one", at=now))
    session.commit()
    admin, coordinator = client_as(sysadmin), client_as(here.coordinator)
    assert admin.submit("/system/mail/pause", {"reason": "  "}).status_code == 400
    assert admin.submit("/system/mail/pause", {"reason": "A restored backup"}).status_code == 303
    here.due(date(2026, 11, 23))
    assert sweep(now)["queued"] == 2
    for message in session.scalars(select(OutboxMessage)):
        message.at_any_hour = True
    session.commit()
    assert deliver(now) == {"sent": 0, "retry": 0, "failed": 0}
    with asked() as statements:
        assert "Email has been paused since" in coordinator.page("/my-day").text
    assert len([one for one in statements if "delivery_pause" in one]) == 1, "asked with who is signed in, once"
    assert "A restored backup" not in coordinator.page("/my-day").text
    assert "A restored backup" in admin.page("/system").text
    ready = admin.get("/readyz")
    assert (ready.status_code, ready.get_json()["delivery"]) == (200, "paused")
    assert admin.submit("/system", action="/system/mail/release").status_code == 303
    assert deliver(now) == {"sent": 2, "retry": 0, "failed": 0}
    assert "Email has been paused" not in coordinator.page("/my-day").text
    [paused], [released] = audited(session, "delivery.paused"), audited(session, "delivery.released")
    assert paused.actor_id == released.actor_id == sysadmin_id
    assert paused.changes == {"reason": [None, "A restored backup"]}


def test_a_pause_stops_a_sender_before_its_next_mail(
    session: Any, app: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at("2026-11-24 10:00")
    here = scene()
    for _number in range(3):
        here.due(date(2026, 11, 23))
    sweep(now)
    accept = mailing.handle_DATA

    async def pause_and_accept(*arguments: Any) -> str:
        with app.app_context():
            control.pause(SYSTEM, "In the middle", now)
        return await accept(*arguments)

    monkeypatch.setattr(mailing, "handle_DATA", pause_and_accept)
    assert deliver(now) == {"sent": 1, "retry": 0, "failed": 0}
    monkeypatch.undo()
    states = set(session.scalars(select(OutboxMessage.state)))
    assert states == {OutboxState.SENT, OutboxState.WAITING}


def test_only_who_runs_the_system_may_and_twice_is_refused(session: Any, at: At) -> None:
    now = at("2026-11-24 10:00")
    here = scene()
    for act in (lambda: control.pause(acting(here.coordinator), "x", now),
                lambda: control.release(acting(here.coordinator), now)):  # fmt: skip
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Refused):
        control.release(SYSTEM, now)
    control.pause(SYSTEM, "x", now)
    with pytest.raises(Refused, match="since Tue, Nov 24, 10:00"):
        control.pause(SYSTEM, "y", now)
    assert len(audited(session, "delivery.paused")) == 1
