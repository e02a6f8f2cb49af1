"""A school, its people, a webhook, and what happens there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from wss_cases.access.actor import Invocation, Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.forms import filled_from
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.rules import Capture
from wss_cases.incidents.incident.states import Tile
from wss_cases.intake.report.actions import submit_incident
from wss_cases.mail.webhooks.messages import CHOSEN, Webhook, WebhookDelivery, new_secret
from wss_cases.mail.webhooks.pages import WebhookForm, make_webhook
from wss_cases.safeguards.duties.pages import MANDATED_CODE, raise_by_hand, raise_own

CANARY = "Quillfeather"


@dataclass
class Scene:
    """Who makes webhooks and who reports, the webhook, and the secret that it began with."""

    district: Any
    dean: Any
    school: Any
    hook_id: int
    secret: str

    @property
    def hook(self) -> Webhook:
        db.session.expire_all()
        return db.session.get_one(Webhook, self.hook_id)

    def by(self, user: Any) -> Invocation:
        return Invocation(acting(user), clock.now())

    def report(self, *, danger: bool = False, **facts: Any) -> Incident:
        """Submit a report, of which these facts are known."""
        capture = Capture(self.school.id, danger, Tile.FIGHT, "hallway", clock.now(), narrative=f"{CANARY} was hit.")
        incident = db.session.get_one(Incident, submit_incident(self.by(self.dean), capture))
        if facts:
            incident.facts = {**incident.facts, **facts}
            db.session.commit()
        return incident

    def duty(self, incident: Incident, code: str = "clear_and_present_danger") -> int:
        given = {"because": f"{CANARY} said so.", "aware_at": clock.now()}
        if code == MANDATED_CODE:
            return raise_own(self.by(self.dean), incident.id, **given)
        return raise_by_hand(self.by(self.dean), incident.id, **given, code=code, facts="due")


def scene(url: str, events: Any = tuple(CHOSEN)) -> Scene:
    """Return a school whose district has a webhook at an address."""
    district, school = make_user(Role.DISTRICT), SchoolFactory()
    here = Scene(district, make_user(Role.DEAN, school), school, 0, new_secret())
    form = filled_from(WebhookForm, None, {"name": "Pager", "url": url, "events": list(events)})
    here.hook_id = make_webhook(here.by(district), form, here.secret)
    return here


def deliveries() -> list[WebhookDelivery]:
    db.session.expire_all()
    return list(db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))
