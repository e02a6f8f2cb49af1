"""A school, its people, their devices, and a push service that takes what is sent to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.support.servers.push_service import Pushed, PushService, Subscriber
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import UserSession
from wss_cases.accounts.sign_in.sessions.actions import open_session
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.ids import new_token
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import Capture, CapturedPerson
from wss_cases.incidents.incident.states import PersonKind, Tile
from wss_cases.intake.report.actions import open_care_record, submit_incident
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.push.pages import turn_on
from wss_cases.mail.push.rules import PushDelivery, PushDevice, Subscription

CANARY = "Quillfeather"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"


@dataclass
class Scene:
    """A school with its dean, and the push service of their browsers."""

    service: PushService
    school: Any = field(default_factory=SchoolFactory)
    dean: Any = None

    def __post_init__(self) -> None:
        self.dean = make_user(Role.DEAN, self.school)

    def by(self, user: Any) -> Invocation:
        return Invocation(acting(user), clock.now())

    def session_of(self, user: Any) -> int:
        """Sign somebody in; returns the session's id."""
        with unit_of_work(acting(user), clock.now()) as uow:
            uow.no_audit()
            row: UserSession = open_session(uow, user.id, new_token(), IPHONE, awaits_code=False)
            return row.id

    def device(self, user: Any, name: str = "phone", session_id: int | None = None) -> Subscriber:
        """Turn messages on in a browser of somebody's."""
        browser = self.service.subscriber(f"{user.id}-{name}")
        turn_on(self.by(user), session_id or self.session_of(user), Subscription(**browser.fields), IPHONE)
        return browser

    def danger(self, reporter: Any = None) -> Incident:
        """Report danger about a student whose name and words nobody outside hears."""
        student = StudentFactory(school=self.school, given_name=CANARY, family_name=CANARY)
        people = (CapturedPerson(PersonKind.STUDENT, student.id),)
        what = Capture(self.school.id, True, Tile.FIGHT, "hallway", clock.now(), people=people, narrative=CANARY)
        return db.session.get_one(Incident, submit_incident(self.by(reporter or self.dean), what))

    def concern(self) -> int:
        """Record a concern about a student; returns its id."""
        student = StudentFactory(school=self.school, given_name=CANARY)
        people = (CapturedPerson(PersonKind.STUDENT, student.id),)
        what = Capture(self.school.id, False, Tile.WORRIED, "hallway", clock.now(), people=people, narrative=CANARY)
        return open_care_record(self.by(self.dean), what)


def devices() -> list[PushDevice]:
    db.session.expire_all()
    return list(db.session.scalars(select(PushDevice).order_by(PushDevice.id)))


def deliveries() -> list[PushDelivery]:
    db.session.expire_all()
    return list(db.session.scalars(select(PushDelivery).order_by(PushDelivery.id)))


def read(browser: Subscriber, pushed: Pushed) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(browser.read(pushed.body))
    return found
