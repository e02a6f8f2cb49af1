"""Facts, duties, consents and routing answers by which incidents stand apart from restorative, police or neither."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.safeguards import LegalDutyFactory
from wss_cases.cases.case.models import CaseIncident
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.states import KeptFrom, PersonKind, PersonRole
from wss_cases.pathways.circles.circle.models import CircleConsent
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.rule_sets import RoutingAnswer, RuleSet
from wss_cases.safeguards.duties.duty.models import DutyState

AT = datetime(2026, 11, 5, 15, tzinfo=UTC)
FACTS = (
    {}, {}, {}, {}, {}, {"sexual": "none"}, {"sexual": "contact"}, {"sexual": "unknown"}, {"intimate_partner": True},
    {"adult_conduct": False}, {"adult_conduct": True}, {"sent_on": ["abuse_suspected"]}, {"sent_on": ["sexual"]},
)  # fmt: skip
SUPPORTS = (Kind.ONE_TO_ONE, Kind.FAMILY_SUPPORT, Kind.HOUSING_BASIC_NEEDS, Kind.REENTRY_CIRCLE)
DAY = timedelta(days=1)


class Missions:
    """Goes on with the incidents and cases of a district, with its own random numbers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rules = db.session.scalars(select(RuleSet.id).limit(1)).one()
        for incident in db.session.scalars(select(Incident).order_by(Incident.id)):
            self._stand_apart(incident)
        for incident in db.session.scalars(
            select(Incident).where(Incident.weapon == "lookalike").order_by(Incident.id)
        ):
            if self.random.random() < 0.4:
                case = CaseFactory(school_id=incident.school_id)
                CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
        links = select(CaseIncident.case_id, Incident).join(Incident, Incident.id == CaseIncident.incident_id)
        for case_id, incident in db.session.execute(links.order_by(CaseIncident.id)).all():
            self._follow(case_id, incident)
        db.session.flush()

    def _stand_apart(self, incident: Incident) -> None:
        pick = self.random
        incident.facts = {**incident.facts, **pick.choice(FACTS)}
        incident.kept_from = KeptFrom.NAMED if pick.random() < 0.05 else None
        if pick.random() < 0.15:
            code = pick.choice(("drug_incident", "attack_on_staff", "title_ix_contact"))
            state, was_due = pick.choice(((DutyState.DUE, True), (DutyState.VERIFY_FIRST, False)))
            LegalDutyFactory(
                incident_id=incident.id, school_id=incident.school_id, code=code, state=state, was_due=was_due
            )
        if pick.random() < 0.3:
            facts = {"group": pick.choice((1, 5)), "weapon": pick.choice(("none", "unknown", "other"))}
            db.session.add(
                RoutingAnswer(incident_id=incident.id, rule_set_id=self.rules, created_at=AT, facts=facts, answer={})
            )
        if pick.random() < 0.05:
            db.session.add(
                IncidentPerson(incident_id=incident.id, role=PersonRole.CAUSED_HARM, kind=PersonKind.OTHER_ADULT)
            )

    def _follow(self, case_id: int, incident: Incident) -> None:
        """A support that was completed or not, a circle held long after, and a person harmed who says no or yes."""
        pick, school_id = self.random, incident.school_id
        began = incident.local_date + DAY * pick.choice((-3, 2, 2))
        kind, whom = pick.choice(SUPPORTS), pick.choice(("caused_harm", "caused_harm", "harmed"))
        if pick.random() < 0.5:
            # a live one for housing weighs in no caseload that a school's administrator sees
            live = PathwayState.COMPLETED if kind is Kind.HOUSING_BASIC_NEEDS else PathwayState.ACTIVE
            state = pick.choice((PathwayState.COMPLETED, live))
            PathwayFactory(
                case_id=case_id, school_id=school_id, kind=kind.value, state=state, for_whom=whom, started_on=began,
                offered_on=began, ended_at=AT.replace(year=began.year) if state is PathwayState.COMPLETED else None,
            )  # fmt: skip
        circle: Pathway = PathwayFactory(
            case_id=case_id, school_id=school_id, kind=Kind.PEACE_CIRCLE.value, offered_on=began, accepted_on=began,
            held_on=pick.choice((None, None, None, None, began + 9 * DAY, began + 200 * DAY)),
        )  # fmt: skip
        person = CaseParticipantFactory(case_id=case_id, role=pick.choice((PersonRole.HARMED, PersonRole.CAUSED_HARM)))
        db.session.flush()
        said = {"participant_id": person.id, "given_on": date(2026, 9, 1), "recorded_at": AT}
        for consented, replaced_at in pick.choice((((False, None),), ((True, None),), ((False, AT), (True, None)))):
            db.session.add(CircleConsent.of(circle, consented=consented, replaced_at=replaced_at, **said))
