"""A random district with everything that counts and all that looks as if it did, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from tests.factories.accounts import UserFactory
from tests.factories.cases import CaseFactory, CaseIncidentFactory, PathwayFactory
from tests.factories.incidents import IncidentFactory, IncidentPersonFactory, make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StaffMemberFactory, make_calendar
from tests.outcomes.making.cases import Cases
from tests.outcomes.making.mission import Missions
from tests.outcomes.making.pathways import Pathways
from tests.outcomes.making.small_district import DAY, FIRST_DAY, PLACES, TODAY, Made
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import CareRecord, Incident
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, WhenPrecision
from wss_cases.outcomes.published.queries import PublishedSchool, PublishedYear
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import AgreementTerm
from wss_cases.roster.directory.models import CalendarDay, Enrolment, Student
from wss_cases.roster.directory.rules import DayKind
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction
from wss_cases.safeguards.police.review.models import NotificationGround, PoliceReview, ReviewState
from wss_cases.safeguards.restraint import RestraintKind, RestraintRecord

CHICAGO = ZoneInfo("America/Chicago")
NIGHTS = ((date(2026, 11, 1), 30), (date(2026, 11, 1), 23 * 60 + 40), (date(2026, 10, 31), 23 * 60 + 59))
"""Either side of midnight on the night in which the clock is set back, and the midnight before it."""
WORDS = dict.fromkeys(("tried", "alternatives", "guardian_attempts", "supports", "why"), "made")
LAST_OF_OCTOBER = date(2026, 10, 30)
"""A Friday: who leaves on it was there on the last school day of the month, not on its last day."""
AT = datetime(2026, 10, 1, 15, tzinfo=UTC)


class District(Made):
    """Two schools with incidents of every kind, five like them, one that is closed, one where nothing is reported."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, incidents=70)
        self.shut = SchoolFactory(name="Shut High School", is_active=False, network="Network 2")
        self.silent = SchoolFactory(name="Silent High School", network="Network 2")
        self.schools[0].network = "Network 1"
        self._calendar()
        self._neighbors()
        self._roster()
        self._incidents()
        self._conversations()
        self._consequences()
        self._terms()
        self._published()
        Pathways(self.random, self.schools, each=14)
        Cases(self.random, self.schools, TODAY)
        self._when()
        Missions(seed)
        self._a_year_ago(random.Random(seed))
        db.session.commit()

    def _calendar(self) -> None:
        summer = [date(2026, 6, 16) + DAY * number for number in range(46)]
        # it began a week earlier than this year: the same date is not the same school day
        before = [date(2025, 8, 1) + DAY * number for number in range(17)]
        make_calendar(date(2025, 8, 1), date(2026, 7, 31), closed={date(2025, 9, 1), *summer, *before})
        own = {date(2026, 10, 5): DayKind.CLOSED, date(2026, 9, 23): DayKind.HALF, date(2026, 9, 7): DayKind.SCHOOL}
        for day, kind in own.items():
            row = CalendarDay(school_year="2026-27", school_id=self.schools[0].id, day=day, kind=kind)
            db.session.add(row)

    def _enrol(self, school: Any, number: int) -> None:
        """Many students at once, who are in no incident."""
        rows = [
            {
                "source": "many", "sourced_id": f"{school.id}-{n}", "given_name": "Amara", "family_name": "Elm",
                "search_key": "amara elm", "school_id": school.id, "grade": 9 + n % 4,
            }
            for n in range(number)
        ]  # fmt: skip
        ids = list(db.session.scalars(insert(Student).returning(Student.id, sort_by_parameter_order=True), rows))
        enrolled = [
            {
                "student_id": one, "school_id": school.id, "grade": row["grade"], "starts_on": FIRST_DAY,
                "ends_on": LAST_OF_OCTOBER if place % 6 == 5 else None,
            }
            for place, (one, row) in enumerate(zip(ids, rows, strict=True))
        ]  # fmt: skip
        db.session.execute(insert(Enrolment), enrolled)

    def _neighbors(self) -> None:
        sizes = [*(self.random.randint(20, 32) for _ in range(5)), 3, 90]
        self.neighbors = [SchoolFactory() for _ in sizes]
        younger, closed = SchoolFactory(low_grade=6, high_grade=8), SchoolFactory(is_active=False)
        for school, size in zip([*self.neighbors, younger, closed], [*sizes, 20, 20], strict=True):
            self._enrol(school, size)
            for _ in range(self.random.randint(0, 4)):
                day = TODAY - DAY * self.random.randint(0, 70)
                make_incident(school, local_date=day, location_code=self.random.choice(PLACES))
        self._enrol(self.shut, 8)
        self._enrol(self.silent, 8)

    def _roster(self) -> None:
        pick, (here, there) = self.random, self.schools
        for student in pick.sample(self.students[:25], 5):  # moved, and some of them came back
            EnrolmentFactory(student=student, school_id=there.id, starts_on=date(2026, 10, 6))
            if pick.random() < 0.5:
                EnrolmentFactory(student=student, school_id=here.id, starts_on=date(2026, 11, 3))
        for student in pick.sample(self.students, 4):  # here last year, in another grade
            EnrolmentFactory(
                student=student, grade=student.grade - 1, starts_on=date(2025, 8, 25), ends_on=date(2026, 6, 15)
            )
        self.reporters = [UserFactory() for _ in range(5)]
        for school in self.schools:
            for number in range(6):
                user = self.reporters[number % 5] if number < 3 else None
                StaffMemberFactory(school=school, user_id=user and user.id, is_active=number != 5)

    def _incidents(self) -> None:
        """More incidents: of last year, at the closed school, at night, with people of every kind."""
        pick = self.random
        days = [date(2025, 8, 25) + DAY * pick.randint(0, 290) for _ in range(14)]
        for day, minute in [*((day, 600) for day in days), *NIGHTS]:
            self._one(self.schools[0], day, minute)
        for _ in range(3):
            self._one(self.shut, TODAY - DAY * pick.randint(1, 60), 700)
            # a student of the other school, who was never enrolled here
            make_incident(self.schools[0], [self.students[-1]], local_date=date(2026, 10, 14))
        every = list(db.session.scalars(db.select(Incident)))
        for incident in every:
            incident.reporter_id = pick.choice((None, *[one.id for one in self.reporters]))
            incident.weapon = pick.choice((incident.weapon, None, "not_known", "lookalike"))
            incident.substance = pick.choice((None, "none", "not_known", "alcohol"))
            if incident.state is IncidentState.SUBMITTED and pick.random() < 0.3:
                incident.state, incident.outcome_reason = IncidentState.NO_FURTHER_ACTION, "unfounded"
            if incident.state is IncidentState.DUPLICATE:
                incident.duplicate_of_id = pick.choice(every).id
        for school in (*self.schools, *self.schools, self.shut):
            db.session.add(
                CareRecord(school_id=school.id, reporter_id=self.reporters[0].id, opened_at=AT, narrative="made")
            )

    def _one(self, school: Any, day: date, minute: int) -> None:
        pick = self.random
        incident = IncidentFactory(
            school_id=school.id, local_date=day, local_minute=minute, location_code=pick.choice(PLACES),
            behavior_group=pick.choice((1, 3, 5)), injury="none",
        )  # fmt: skip
        for student in pick.sample(self.students, 2):
            code = pick.choice(self.codes).id
            IncidentPersonFactory(
                incident_id=incident.id, student_id=student.id, grade=student.grade, behavior_code_id=code,
                role=pick.choice((PersonRole.CAUSED_HARM, PersonRole.INVOLVED)),
            )  # fmt: skip
        IncidentPersonFactory(
            incident_id=incident.id, role=PersonRole.INVOLVED, kind=PersonKind.NOT_IDENTIFIED, grade=None
        )

    def _a_year_ago(self, pick: random.Random) -> None:
        """Incidents of the autumn before with an offer in time, later than a year ago today, and none; reports of both
        years that were withdrawn; and an incident of which one case of two was unfounded."""
        for number in range(24):
            school, day = self.schools[number % 2], date(2025, 8, 18) + DAY * pick.randint(0, 98)
            incident = make_incident(school, local_date=day)
            if number % 4:
                case = CaseFactory(school_id=school.id, opened_on=day + DAY)
                CaseIncidentFactory(case_id=case.id, incident_id=incident.id)
                offered = (None, day + 2 * DAY, day + DAY * pick.randint(20, 200), day + 2 * DAY)[number % 4]
                PathwayFactory(case_id=case.id, school_id=school.id, kind=Kind.CONVERSATION.value, offered_on=offered)
        twice = make_incident(self.schools[0], local_date=date(2026, 9, 8))
        closed = {"state": CaseState.CLOSED, "result": CaseResult.UNFOUNDED, "closed_at": AT}
        for more, step in ((closed, date(2026, 9, 9)), ({}, None)):
            case = CaseFactory(school_id=self.schools[0].id, opened_on=date(2026, 9, 8), **more)
            CaseIncidentFactory(case_id=case.id, incident_id=twice.id)
            PathwayFactory(case_id=case.id, school_id=case.school_id, kind=Kind.CONVERSATION.value, offered_on=step)
        for day in (date(2025, 9, 9), date(2026, 9, 9), date(2026, 9, 10), TODAY):
            for school in self.schools:
                gone = {"state": IncidentState.NO_FURTHER_ACTION, "outcome_reason": "withdrawn"}
                make_incident(school, local_date=day, **gone)

    def _conversations(self) -> None:
        """Conversations on the incident itself, asked for, held and dropped; and contacts that are no first contact."""
        pick = self.random
        for incident in db.session.scalars(db.select(Incident).where(Incident.local_date >= FIRST_DAY)):
            if incident.state is IncidentState.CLOSED:
                reasons = ("repair_agreed", "understood", "no_understanding", "declined")
                incident.outcome_reason = pick.choice(reasons)
            for kind in pick.sample(("conversation", "guardian_contact", "other"), pick.choice((0, 0, 1))):
                self._follow_up(
                    incident_id=incident.id, school_id=incident.school_id, kind=kind,
                    due=incident.local_date + 5 * DAY,
                    closed=pick.choice((None, min(TODAY, incident.local_date + DAY * pick.randint(0, 9)))),
                    outcome="reached", person=incident.people[0].id if incident.people else None,
                )  # fmt: skip

    def _consequences(self) -> None:
        pick = self.random
        for action in db.session.scalars(db.select(DisciplineAction)):
            action.state = pick.choice((*ActionState, ActionState.STANDING))
        for incident in db.session.scalars(db.select(Incident).limit(12)):
            review = {"school_id": incident.school_id, "incident_id": incident.id, "door": NotificationGround.OTHER}
            ended = pick.choice((ReviewState.REFUSED, ReviewState.WITHDRAWN))
            db.session.add(PoliceReview(state=ended, requested_at=AT, ended_at=AT, not_removal=True, **review, **WORDS))
            restraint = {"kind": RestraintKind.TIME_OUT, "local_date": incident.local_date, "harm": "none"}
            restraint |= dict.fromkeys(("danger", "tried", "staff_present"), "made")
            restraint |= dict.fromkeys(("started_at", "ended_at", "recorded_at"), AT)
            whose = {"school_id": incident.school_id, "student_id": pick.choice(self.students).id}
            db.session.add(RestraintRecord(incident_id=incident.id, **whose, **restraint))

    def _terms(self) -> None:
        """A term changed by consent is replaced by another; one falls due today."""
        for term in db.session.scalars(db.select(AgreementTerm).where(AgreementTerm.state == TermState.CHANGED)):
            db.session.add(
                AgreementTerm(
                    agreement_id=term.agreement_id,
                    position=term.position + 10,
                    text="Talk it over again",
                    owner_participant_id=term.owner_participant_id,
                    due_on=min(term.due_on + 7 * DAY, TODAY),
                    state=TermState.OPEN,
                    replaces_id=term.id,
                )
            )

    def _published(self) -> None:
        pick = self.random
        self.schools[0].identifier = "7001"
        for number, name in ((7001, "Alder HS"), (7002, "Birch HS"), (7003, "Gone HS"), (7004, "Charter HS")):
            is_charter = number == 7004
            school = PublishedSchool(
                identifier=str(number), name=name, network="Charter" if is_charter else "Network 1",
                is_charter=is_charter,
            )  # fmt: skip
            db.session.add(school)
            db.session.flush()
            for first in (2022, 2023, 2024):
                for period in ("S1", "EOY"):
                    hidden = is_charter or (number == 7003 and pick.random() < 0.5)
                    db.session.add(_year(school, first, period, hidden, [pick.randint(0, 90) for _ in range(7)]))

    def _when(self) -> None:
        """Make the instant of each incident what its day and time say, where they are known exactly."""
        for incident in db.session.scalars(db.select(Incident)):
            minute = incident.local_minute
            wall = datetime.combine(incident.local_date, time(12), CHICAGO)
            if minute is None:
                incident.when_precision = WhenPrecision.DAY
            elif incident.id % 4:
                wall = datetime.combine(incident.local_date, time(minute // 60, minute % 60), CHICAGO)
            else:
                incident.when_precision, incident.period = WhenPrecision.PERIOD, "3"
            incident.occurred_at = wall.astimezone(UTC)


def _year(school: PublishedSchool, first: int, period: str, hidden: bool, numbers: Sequence[int]) -> PublishedYear:
    small, middle, large, iss, oss, notified, expelled = numbers
    shown = {
        "misconducts": small + middle + large, "group_1_2": small, "group_3_4": middle, "group_5_6": large,
        "suspensions": iss + oss, "iss": iss, "oss": oss, "police_notifications": notified,
        "students_notified": notified // 2,
    }  # fmt: skip
    return PublishedYear(
        published_school_id=school.id, school_year=f"{first}-{first % 100 + 1}", period=period,
        suppressed=sorted(shown) if hidden else [], expelled=expelled, **({} if hidden else shown),
    )  # fmt: skip
