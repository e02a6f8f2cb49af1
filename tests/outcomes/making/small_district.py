"""A small made district with everything that outcomes count, and much that they must not count."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.factories.accounts import make_user
from tests.factories.base import one_commit, put
from tests.factories.cases import CaseFactory, CaseIncidentFactory, CaseParticipantFactory, PathwayFactory
from tests.factories.incidents import IncidentFactory, IncidentPersonFactory
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StaffMemberFactory, StudentFactory, make_calendar
from tests.factories.safeguards import DisciplineActionFactory, make_notification, make_refusal
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, Incident
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.pathways.circles.circle.models import CirclePreparation, TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import PathwayState
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.police.review.models import NotificationGround, NotifiedStudent

FIRST_DAY, TODAY = date(2026, 8, 24), date(2026, 11, 24)
CLOSED = {date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11)}
PLACES = ("hallway", "cafeteria", "classroom", "playground", "bus")
KINDS = (Kind.PEER_CONFERENCE, Kind.CONVERSATION, Kind.CHECK_IN_CHECK_OUT)
DAY = timedelta(days=1)


class Made:
    """Two schools with their people and a term of incidents, the same for the same seed."""

    def __init__(self, seed: int = 1, incidents: int = 90) -> None:
        self.random = random.Random(seed)
        summers = {*_days(date(2026, 8, 1), FIRST_DAY), *_days(date(2027, 7, 1), date(2027, 8, 1))}
        make_calendar(date(2026, 8, 1), date(2027, 7, 31), closed=CLOSED | summers)
        with one_commit():
            self._make(incidents)

    def _make(self, incidents: int) -> None:
        self.schools = [SchoolFactory(name="Alder High School"), SchoolFactory(name="Birch High School")]
        self.students = [self._student(school) for school in self.schools for _ in range(25)]
        self.coordinator = make_user(Role.COORDINATOR, self.schools[0])
        self.adult = StaffMemberFactory(school=self.schools[0], user_id=self.coordinator.id)
        self.codes = list(db.session.scalars(db.select(BehaviorCode).limit(6)))
        for _ in range(incidents):
            self._incident()

    def _student(self, school: Any) -> Any:
        student = StudentFactory(school=school, grade=self.random.randint(9, 12))
        gone = FIRST_DAY + timedelta(days=self.random.randint(10, 80))
        EnrolmentFactory(
            student=student,
            starts_on=FIRST_DAY + timedelta(days=self.random.choice((0, 0, 0, 30))),
            ends_on=gone + timedelta(days=40) if self.random.random() < 0.2 else None,
        )
        return student

    def _incident(self) -> None:
        pick = self.random
        school = pick.choice(self.schools)
        # a few lie in the year before, which must stay out
        day = FIRST_DAY + timedelta(days=pick.randint(-60, (TODAY - FIRST_DAY).days))
        minute = pick.choice((None, *range(7 * 60, 17 * 60, 23)))
        incident: Incident = IncidentFactory(
            school_id=school.id,
            occurred_at=datetime(day.year, day.month, day.day, 18, tzinfo=UTC),
            local_date=day,
            local_minute=minute,
            location_code=pick.choice(PLACES),
            behavior_group=pick.choice((None, 1, 2, 3, 4, 5, 6)),
            weapon=pick.choice((None, "none", "other")),
            injury=pick.choice((None, "none", "minor")),
            state=pick.choice((IncidentState.ROUTED, IncidentState.RETURNED, IncidentState.SUBMITTED)),
        )
        if pick.random() < 0.15:
            incident.duplicate_of_id = incident.id
            incident.state = IncidentState.DUPLICATE
        people = [self._person(incident, school, role) for role in pick.sample(list(PersonRole), pick.randint(1, 4))]
        if pick.random() < 0.6:
            self._case(incident, people)
        elif incident.state is IncidentState.ROUTED:
            incident.state, incident.outcome_reason = IncidentState.CLOSED, "repair_agreed"
        if pick.random() < 0.3:
            self._consequence(incident, people)

    def _person(self, incident: Incident, school: Any, role: PersonRole) -> Any:
        mine = [student for student in self.students if student.school_id == school.id]
        student = self.random.choice(mine)
        coded = role in (PersonRole.CAUSED_HARM, PersonRole.BOTH) and self.codes and self.random.random() < 0.7
        person = IncidentPersonFactory(
            incident_id=incident.id,
            student_id=student.id,
            grade=student.grade,
            role=role,
            behavior_code_id=self.random.choice(self.codes).id if coded else None,
        )
        if role in (PersonRole.HARMED, PersonRole.BOTH):
            for _ in range(self.random.randint(0, 2)):
                self._contact(incident, person)
        return person

    def _contact(self, incident: Incident, person: Any) -> None:
        closed = incident.local_date + timedelta(days=self.random.randint(0, 9))
        self._follow_up(
            incident_id=incident.id,
            school_id=incident.school_id,
            kind="contact_person_harmed",
            due=incident.local_date + 2 * DAY,
            closed=closed if self.random.random() < 0.8 and closed <= TODAY else None,
            outcome=self.random.choice(("reached", "not_reached", "contact_declined")),
            person=person.id,
        )
        call = incident.local_date + (person.id % 3) * DAY  # on the day, on the day before it is late, and late
        if call <= TODAY:  # and nothing is drawn for it: what the seed makes besides stays as it is
            self._follow_up(
                incident_id=incident.id, school_id=incident.school_id, kind="guardian_contact",
                due=incident.local_date + DAY, closed=call, outcome="reached",
            )  # fmt: skip

    def _follow_up(
        self, *, due: date, closed: date | None, outcome: str, person: int | None = None, **more: Any
    ) -> None:
        state = FollowUpState.DONE if closed else self.random.choice((FollowUpState.OPEN, FollowUpState.CANCELLED))
        stamp = datetime(closed.year, closed.month, closed.day, 18, tzinfo=UTC) if closed else None
        db.session.add(
            FollowUp(
                created_at=datetime(2026, 8, 24, tzinfo=UTC),
                due_on=due,
                original_due_on=due,
                state=state,
                outcome=outcome if closed else "",
                outcome_note="left" if state is FollowUpState.CANCELLED else "",
                closed_at=stamp,
                closed_on=closed,
                incident_person_id=person,
                **more,
            )
        )

    def _case(self, incident: Incident, people: list[Any]) -> None:
        case = CaseFactory(school_id=incident.school_id, opened_on=incident.local_date)
        CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
        owner = CaseParticipantFactory(case_id=case.id, incident_person_id=people[0].id)
        adult = IncidentPersonFactory(
            incident_id=incident.id, kind=PersonKind.STAFF, staff_id=self.adult.id, role=PersonRole.WITNESS, grade=None
        )
        own = CaseParticipantFactory(case_id=case.id, incident_person_id=adult.id, role=PersonRole.WITNESS)
        for kind in self.random.sample(KINDS, self.random.randint(1, 2)):
            self._pathway(incident, case, kind, (owner, own))

    def _pathway(self, incident: Incident, case: Any, kind: Kind, owners: tuple[Any, Any]) -> None:
        reached = self.random.choice((0, 1, 2, 3, 4, 4, 4))
        day = incident.local_date + 3 * DAY
        state = (PathwayState.PROPOSED, PathwayState.PROPOSED, PathwayState.PREPARING, PathwayState.ACTIVE)[
            min(reached, 3)
        ]
        pathway = PathwayFactory(
            case_id=case.id,
            school_id=case.school_id,
            kind=kind.value,
            state=state,
            offered_on=day if reached > 0 else None,
            held_on=day if reached > 3 else None,
        )
        if kind is Kind.PEER_CONFERENCE and incident.id % 3:
            self._prepared(pathway, owners[0], incident)
        if kind is Kind.PEER_CONFERENCE and reached > 3:
            self._agreement(pathway, owners, day)

    def _prepared(self, pathway: Any, person: Any, incident: Incident) -> None:
        offered = incident.local_date + (incident.id % 5 - 1) * DAY  # some before it, which is no contact
        of_case = {"pathway_id": pathway.id, "case_id": pathway.case_id, "school_id": pathway.school_id}
        dates = {"support_offered_on": offered if incident.id % 2 else None, "pre_met_on": offered + 2 * DAY}
        db.session.add(CirclePreparation(**of_case, **dates, participant_id=person.id))

    def _agreement(self, pathway: Any, owners: tuple[Any, Any], day: date) -> None:
        made = put(
            Agreement(pathway_id=pathway.id, case_id=pathway.case_id, school_id=pathway.school_id, agreed_on=day)
        )
        for position in range(self.random.randint(1, 3)):
            state = self.random.choice((*TermState, TermState.KEPT, TermState.KEPT, TermState.NOT_KEPT))
            db.session.add(
                AgreementTerm(
                    agreement_id=made.id,
                    position=position,
                    text="Talk it over",
                    owner_participant_id=self.random.choice(owners).id,
                    due_on=day + timedelta(days=self.random.randint(5, 60)),
                    state=state,
                    decided_at=None if state is TermState.OPEN else datetime(2026, 11, 1, tzinfo=UTC),
                    decided_by_id=None if state is TermState.OPEN else self.coordinator.id,
                )
            )

    def _consequence(self, incident: Incident, people: list[Any]) -> None:
        # few students, so that some are counted in several instances
        about = self.random.choice([one for one in self.students if one.school_id == incident.school_id][:3])
        day = incident.local_date + DAY
        for kind in self.random.sample(list(DisciplineKind), self.random.randint(0, 2)):
            about_it = {"school_id": incident.school_id, "incident_id": incident.id, "student_id": about.id}
            DisciplineActionFactory(**about_it, kind=kind, starts_on=day)
        if incident.id % 2:
            make_refusal(incident)
        door = self.random.choice(list(NotificationGround))
        made = make_notification(incident, door, day, datetime(2026, 8, 24, tzinfo=UTC))
        for student_id in {about.id, people[0].student_id}:
            db.session.add(NotifiedStudent(notification_id=made.id, student_id=student_id))


def _days(first: date, end: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((end - first).days)]
