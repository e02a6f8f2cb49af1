"""Cases that met, went on and were closed, or not; some with several incidents, several circles, or opened again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.safeguards import DisciplineActionFactory
from wss_cases.access.actor import Role
from wss_cases.cases.case.models import OPEN, Case, CaseIncident, CaseResult, CaseState, HarmedSays
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingKind
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.reengagement.plan import ReengagementPlan
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction

DAY = timedelta(days=1)


class Cases:
    """Goes on with the cases of incidents that were made: meetings, more incidents, an end."""

    def __init__(self, pick: random.Random, schools: Sequence[Any], today: date) -> None:
        self.random, self.today = pick, today
        self.leads = [make_user(Role.COORDINATOR, school) for school in (*schools, *schools)]
        began = select(Case, Incident).join(CaseIncident, CaseIncident.case_id == Case.id)
        found = db.session.execute(began.join(Incident, Incident.id == CaseIncident.incident_id)).all()
        for case, incident in found:
            self._more(case, incident.local_date)
        for case in pick.sample([row[0] for row in found], 10):
            other = pick.choice([row[1] for row in found if row[1].school_id == case.school_id])
            if other not in case.incidents:
                CaseIncidentFactory(case_id=case.id, incident_id=other.id)
        for school in schools:  # of a student who came from elsewhere: no incident is its own
            case = CaseFactory(school_id=school.id, opened_on=today - 20 * DAY)
            PathwayFactory(case_id=case.id, school_id=school.id, kind=Kind.CONVERSATION.value, held_on=today)
        for action in db.session.scalars(select(DisciplineAction)):
            action.days = pick.choice((1, 4, 9))
        self._removals()
        self._harms(schools)
        db.session.flush()

    def _harms(self, schools: Sequence[Any]) -> None:
        """People harmed in most closed cases, some in cases that are open, opened again or closed in another year."""
        pick = random.Random(self.random.random())
        for case in db.session.scalars(select(Case).order_by(Case.id)):
            for role in pick.sample((PersonRole.HARMED, PersonRole.BOTH, PersonRole.WITNESS, PersonRole.HARMED), 2):
                if pick.random() < 0.8:
                    CaseParticipantFactory(case_id=case.id, role=role)
            if case.state is CaseState.CLOSED:
                case.harmed_says = pick.choice((None, *HarmedSays))
                case.result = pick.choice((case.result, CaseResult.PARTLY_REPAIRED, CaseResult.NOT_SUITABLE))
        edges = ((date(2026, 8, 1), 4), (date(2026, 8, 1), 6), (date(2025, 10, 1), 15), (self.today, 15))
        for school, (day, hour) in product(schools, edges):  # either side of midnight of the first day, and a year ago
            case = CaseFactory(
                school_id=school.id, state=CaseState.CLOSED, result=CaseResult.REPAIRED, closed_at=_at(day, hour)
            )
            CaseParticipantFactory(case_id=case.id, role=PersonRole.HARMED)

    def _removals(self) -> None:
        """Longer ones, after which a window of school days attended ends later; some were reversed."""
        acts = select(IncidentPerson, Incident).join(Incident, Incident.id == IncidentPerson.incident_id)
        caused = acts.where(
            IncidentPerson.role == PersonRole.CAUSED_HARM,
            IncidentPerson.student_id.is_not(None),
            Incident.local_date.between(self.today - 90 * DAY, self.today - 40 * DAY),
        )
        for person, incident in db.session.execute(caused).all():
            day = incident.local_date + DAY * self.random.randint(1, 15)
            of_it = {"school_id": incident.school_id, "incident_id": incident.id, "student_id": person.student_id}
            days, state = self.random.randint(5, 20), self.random.choice((*ActionState, ActionState.STANDING))
            DisciplineActionFactory(**of_it, days=days, starts_on=day, state=state)

    def _more(self, case: Case, began: date) -> None:
        pick = self.random
        for pathway in db.session.scalars(select(Pathway).where(Pathway.case_id == case.id)).all():
            days = [began + DAY * pick.randint(1, 25) for _ in range(pick.choice((0, 1, 3, 4)))]
            for day in days if pathway.kind == Kind.PEER_CONFERENCE else ():
                self._meeting(pathway, day)
                pathway.held_on = pathway.held_on and max(days)
        if pick.random() < 0.3:
            day = began + DAY * pick.randint(1, 15)
            back = PathwayFactory(case_id=case.id, school_id=case.school_id, kind=Kind.REENTRY_CIRCLE.value)
            held = day if pick.random() < 0.7 else None
            db.session.add(
                ReengagementPlan(
                    pathway_id=back.id, case_id=case.id, school_id=case.school_id, return_on=day,
                    meeting_at=_at(day, 15), meeting_held_on=held,
                )
            )  # fmt: skip
        case.lead_id = pick.choice((None, *(lead.id for lead in self.leads)))
        case.state = pick.choice((CaseState.CLOSED, CaseState.CLOSED, *sorted(OPEN), CaseState.CLOSED))
        if case.state is CaseState.CLOSED:
            # in the evening there, the next day by UTC
            closed = _at(began + DAY * pick.randint(5, 60), pick.choice((4, 18)))
            case.result, case.closed_at = pick.choice(list(CaseResult)), closed
            case.next_review_on = None

    def _meeting(self, pathway: Pathway, day: date) -> None:
        kind = self.random.choice((MeetingKind.CIRCLE, MeetingKind.CIRCLE, MeetingKind.COMPLETION))
        happened = self.random.random() < 0.8
        db.session.add(
            CircleMeeting(
                pathway_id=pathway.id, case_id=pathway.case_id, school_id=pathway.school_id,
                keeper_id=self.leads[0].id, kind=kind, starts_at=_at(day, 15), happened=happened,
                not_held_reason="" if happened else "absent",
            )
        )  # fmt: skip


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)
