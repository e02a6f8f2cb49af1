"""Whoever sends push messages may die at any step: each device gets each message, and shows it once."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.faults.processes.forked import Nursery
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.depth import examples
from tests.support.fixed import day
from tests.support.servers.push_service import PushService
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.report.actions import submit_incident
from wss_cases.journal.models import OutboxState
from wss_cases.mail.push.pages import turn_on
from wss_cases.mail.push.rules import PushDelivery, Subscription

pytestmark = pytest.mark.any_database("the thread is the push service; leases are proven with mail")
NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
STEPS = (
    "unit.before_commit:kill:1", "unit.after_commit:kill:1", "deliver.after_claim:kill:1", "deliver.before_send:kill:1",
    "deliver.after_send:kill:1", "deliver.after_mark:kill:1", "deliver.before_send:kill:2", "deliver.after_send:kill:2",
)  # fmt: skip
FEW = STEPS[:2] + STEPS[3:5]


def in_danger(service: PushService) -> None:
    """Danger is reported at a school whose dean and administrator have a device each."""
    school = SchoolFactory()
    dean, head = make_user(Role.DEAN, school), make_user(Role.ADMINISTRATOR, school)
    for person in (dean, head):
        times = {"created_at": NOON, "last_seen_at": NOON, "expires_at": NOON}
        signed_in = UserSession(token_digest=f"{person.id}", user_id=person.id, **times)
        db.session.add(signed_in)
        db.session.commit()
        browser = Subscription(**service.subscriber(str(person.id)).fields)
        turn_on(Invocation(acting(person), NOON), signed_in.id, browser, "")
    submit_incident(Invocation(acting(dean), NOON), Capture(school.id, True, Tile.FIGHT, "hallway", NOON))


def test_each_device_gets_it_once_whatever_dies(database: Database, tmp_path: Path) -> None:
    service = PushService("", day.machine_now)
    service.start()
    app = make_app(database.url, tmp_path, WSS_PUSH_HOSTS="127.0.0.1")
    service.signed_by = app.config["PUSH_KEYS"][0].public
    with app.app_context():
        in_danger(service)
        db.session.remove()
    nursery = Nursery(database, tmp_path, WSS_PUSH_HOSTS="127.0.0.1")
    try:
        nursery.set_clock(NOON)
        died = []
        for failpoint in [*(STEPS if examples(0, 1) else FEW), ""]:
            status = nursery.start("push", failpoint=failpoint).wait()
            assert status in (0, -signal.SIGKILL), nursery.words()
            died.append(status != 0)
            with app.app_context():
                # whoever held a message is dead for longer than its lease
                db.session.execute(update(PushDelivery).values(lease_until=datetime(2020, 1, 1, tzinfo=UTC)))
                db.session.commit()
                db.session.remove()
    finally:
        nursery.close()
        service.stop()
    with app.app_context():
        rows = db.session.scalars(select(PushDelivery)).all()
        assert [row.state for row in rows] == [OutboxState.SENT, OutboxState.SENT]
        assert died[:3] == [True, True, True] and died[-1] is False
        # what was sent a second time has the tag of the first: the device shows one
        assert {pushed.topic for pushed in service.got} == {row.message_id for row in rows}
        assert len({pushed.path for pushed in service.got}) == 2 < len(service.got)
        assert service.refused == []
