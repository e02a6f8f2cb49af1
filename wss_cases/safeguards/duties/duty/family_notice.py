"""Whom the notice of bullying waits for before a family is told."""

from typing import Any, Final

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import routed_people
from wss_cases.routing.engine.facts import ARTICLE_26A, ASK_FIRST, asked_before_family
from wss_cases.routing.engine.pages import Duty
from wss_cases.routing.rule_sets import RoutingAnswer
from wss_cases.safeguards.duties.duty.models import LegalDuty
from wss_cases.safeguards.duties.duty.states import OPEN_DUTY

_NOTICE: Final = Duty.BULLYING_NOTICE.value


def notice_waits_for(duty: LegalDuty) -> str:
    """Return in words whom the families' notice of an open duty waits for; '' for another duty, or where it waits for
    no one. The caller has checked the duty."""
    if duty.code != _NOTICE or duty.state not in OPEN_DUTY:
        return ""
    event = asked_before_family(_newest_facts(duty.incident_id))
    if event == ARTICLE_26A:
        return _(
            "The notice waits, within its 24 hours: the Article 26A resource person first asks the student who was "
            "harmed, alone, and the Title IX coordinator sets what may be said."
        )
    if event == ASK_FIRST:
        return _(
            "The notice waits, within its 24 hours: a named counselor first asks each student, alone, what is safe to "
            "say at home."
        )
    return ""


def _newest_facts(incident_id: int) -> list[dict[str, Any]]:
    """Return the facts of the newest answer for everyone of a report who is routed now."""
    answers = select(RoutingAnswer.incident_person_id, RoutingAnswer.facts).filter_by(incident_id=incident_id)
    newest = {row.incident_person_id: row.facts for row in db.session.execute(answers.order_by(RoutingAnswer.id))}
    people = db.session.scalars(select(IncidentPerson).filter_by(incident_id=incident_id)).all()
    routed: list[int | None] = [person.id for person in routed_people(people)]
    return [newest[number] for number in routed or [None] if number in newest]
