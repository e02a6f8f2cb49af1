"""The head of the audit log reaches every auditor once a week, and verifies."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.factories.accounts import make_user
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM, Role
from wss_cases.foundation.db import db
from wss_cases.journal.audit.actions import seal
from wss_cases.journal.audit.queries import verify
from wss_cases.journal.models import AuditSeal
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.audit_heads import queue_heads
from wss_cases.mail.delivery.queue import deliver

At = Callable[..., datetime]


def test_each_auditor_gets_the_head_once_a_week_and_it_verifies(
    app: Any, session: Any, smtp_server: MailServer, at: At
) -> None:
    auditor, other = make_user(Role.AUDITOR), make_user(Role.SYSADMIN)
    app.config["SMTP_URL"] = smtp_server.url
    try:
        now = at("2026-11-24 10:00")
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("account.changed", "user_account", auditor.id, {"locale": ["en", "es"]})
        seal(now)
        assert queue_heads(now) == {"queued": 1}
        assert queue_heads(now + timedelta(hours=5)) == {"queued": 0}
        deliver(now)
        [mail] = smtp_server.mails
        assert mail.recipients == (auditor.email,) != (other.email,)
        text = mail.message.get_body(("plain",)).get_content()
        head = json.loads(text[text.index("{") : text.index("}") + 1])
        assert head["number"] > 0 and verify(now, head["number"], head["hash"]).broken is None
        row = db.session.get_one(AuditSeal, head["number"])
        row.hash = "0" * 64
        db.session.flush()
        assert verify(now, head["number"], head["hash"]).broken is not None
        assert queue_heads(at("2026-11-30 10:00")) == {"queued": 1}
    finally:
        app.config["SMTP_URL"] = ""
