"""One tick: a part that fails holds up no other, and what failed stands on System until it works again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.mail.making import scene
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.held_changes import HeldChange
from wss_cases.jobs.ticks import tick
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.audit_heads import HEAD
from wss_cases.mail.bounces import mend_address
from wss_cases.mail.common.rules import heartbeats
from wss_cases.workday.sweep import sweep

HIDE = "ALTER TABLE digest_day RENAME TO digest_day_away"
BACK = "ALTER TABLE digest_day_away RENAME TO digest_day"


@pytest.mark.any_database("one table is hidden by hand")
def test_a_failing_sweep_is_shown_and_does_not_stop_delivery(
    session: Any, app: Any, at: Callable[..., datetime], smtp_server: MailServer, client_as: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(app.config, "SMTP_URL", smtp_server.url)
    sysadmin = make_user(Role.SYSADMIN, SchoolFactory())
    scene().due(date(2026, 11, 23))
    now = at("2026-11-24 10:00")
    assert tick("one", now - timedelta(hours=6)) == "queued 1"
    session.execute(text(HIDE))
    session.commit()
    words = tick("one", now)
    assert "sweep failed: " in words
    assert words.endswith("sent 1")
    [beat] = heartbeats()
    assert (beat.failures, beat.failed_part, beat.failed_at, beat.at) == (1, "sweep", now, now)
    assert "workday/digest/queries.py" in beat.failed_with
    client = client_as(sysadmin)
    assert beat.failed_with in client.page("/system").text
    assert "Reminders are not being sent" in client.page("/system").text
    assert client.get("/readyz").get_json()["scheduler"] == "failing"
    session.execute(text(BACK))
    session.commit()
    assert tick("one", now + timedelta(minutes=1)) == "queued 1, sent 1"
    [beat] = heartbeats()
    assert (beat.failures, beat.failed_part, beat.swept_at) == (0, "sweep", now + timedelta(minutes=1))
    assert client.get("/readyz").get_json()["scheduler"] == "ok"
    assert beat.failed_with in client.page("/system").text
    assert sweep(now + timedelta(minutes=2)) == {"queued": 0}


@pytest.mark.any_database("what a tick does by itself is the point")
def test_the_weekly_head_and_what_waited_its_day_need_nobody_to_think_of_them(
    session: Any, at: Callable[..., datetime]
) -> None:
    auditor, boss, user = make_user(Role.AUDITOR), make_user(Role.SYSADMIN), make_user(Role.DEAN)
    now = at("2026-11-24 10:00")
    mend_address(Invocation(acting(boss), now), user.id, "new@district.example")
    session.commit()
    tick("one", now)
    heads = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == HEAD)
    assert session.scalars(heads).all() == [auditor.id]
    settled = select(HeldChange.settled_at)
    assert session.scalars(settled).all() == [None]
    later = at("2026-11-25 10:01")
    tick("one", later)
    assert session.scalars(settled).all() == [later]
