"""Cases, their people, and pathways; make a school, user and student with the other rooms' factories first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory

from tests.factories.base import Factory
from wss_cases.cases.case.models import Case, CaseIncident, CaseNote, CaseParticipant, CaseState
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.models import ENDED, OUTCOMES, Pathway, PathwayState
from wss_cases.routing.engine.vocabulary import PATHWAY_OF, Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family

ACCEPTED = (PathwayState.PREPARING, PathwayState.ACTIVE, PathwayState.COMPLETED)
STARTED = (PathwayState.ACTIVE, PathwayState.COMPLETED)
OPENED = datetime(2026, 11, 18, 16, 51, tzinfo=UTC)


class CaseFactory(Factory):
    """An open case, or one that was closed 90 days after it was opened; give `school_id`, and `lead_id` where a
    coordinator matters."""

    class Meta:
        model = Case

    number = factory.Sequence(lambda n: 400 + n)
    reference = factory.LazyAttribute(lambda o: f"T{o.school_id}-{o.number:04d}")
    harm_kind = "fight"
    state = CaseState.INTAKE
    opened_at = OPENED
    closed_at: datetime | None = None
    opened_on = factory.LazyAttribute(lambda o: (o.closed_at - timedelta(days=90) if o.closed_at else OPENED).date())
    next_review_on = factory.LazyAttribute(lambda o: None if o.state == CaseState.CLOSED else date(2026, 12, 4))


class CaseIncidentFactory(Factory):
    """Give `case_id` and `incident_id`."""

    class Meta:
        model = CaseIncident


class CaseParticipantFactory(Factory):
    """Give `case_id`, and `student_id` for a student."""

    class Meta:
        model = CaseParticipant

    role = PersonRole.CAUSED_HARM


class CaseNoteFactory(Factory):
    """Give `case_id`."""

    class Meta:
        model = CaseNote

    at = OPENED
    text = "Called home."


class PathwayFactory(Factory):
    """Give `case_id` and `school_id`; the family follows the kind."""

    class Meta:
        model = Pathway

    kind: Any = Kind.PEER_CONFERENCE.value
    pathway = factory.LazyAttribute(lambda o: PATHWAY_OF[Kind(o.kind)].value)
    for_whom = "both"
    state = PathwayState.PROPOSED
    proposed_at = OPENED
    accepted_on = factory.LazyAttribute(lambda o: OPENED.date() if o.state in ACCEPTED else None)
    started_on = factory.LazyAttribute(lambda o: OPENED.date() if o.state in STARTED else None)
    ended_at = factory.LazyAttribute(lambda o: OPENED if o.state in ENDED else None)
    outcome = factory.LazyAttribute(
        lambda o: next(iter(OUTCOMES[Family(o.pathway)])) if o.state == PathwayState.COMPLETED else ""
    )
    end_reason = factory.LazyAttribute(lambda o: "no_contact" if o.state == PathwayState.ENDED_EARLY else "")
