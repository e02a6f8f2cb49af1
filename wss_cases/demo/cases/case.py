"""A case of the demo: the people in it, its safety plan, and the answers that close it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.invocation import Invocation
from wss_cases.cases.case.models import (
    AgreementKept,
    Case,
    CaseIncident,
    CaseParticipant,
    CaseResult,
    GuardianTold,
    HarmedSays,
    PlanAnswer,
    PlanState,
    SafetyPlan,
)
from wss_cases.casework.case_page.acts import close
from wss_cases.casework.case_page.queries import blockers, left_open
from wss_cases.casework.safety_plans.acts import agree, end, review, write
from wss_cases.demo.district.schools import Person, Place, Pupil
from wss_cases.demo.story.reports import Report
from wss_cases.demo.story.world import Life, World, rows
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.rules import Pathway, PathwayState

CASE_OVER = "The case is closed."
SETTLED = "They settled the rest between themselves and said so."
PLAN_WORKED = "The person it is for said that it is quiet now and that the plan may end."
PLAN = {
    "steps": "An adult walks the first hallway with them. A sign to any teacher is enough to leave the room.",
    "adults_told": "Homeroom teacher, counselor, security officer at door 3",
    "route": "By the east stairs",
    "seat": "In front, beside a friend",
    "phone": "May keep the phone on silent",
}
REVIEWS = 3


@dataclass(frozen=True)
class Party:
    """One person of a case."""

    id: int
    role: PersonRole
    pupil: Pupil | None

    @property
    def was_harmed(self) -> bool:
        """Whether harm was done to this person, whatever else they did."""
        return self.role in (PersonRole.HARMED, PersonRole.BOTH)

    @property
    def caused_harm(self) -> bool:
        """Whether this person is reported to have caused harm."""
        return self.role in (PersonRole.CAUSED_HARM, PersonRole.BOTH)


@dataclass
class Work:
    """A case being worked; `begun` are its pathways that live, `kept` says of each agreement whether it was kept."""

    world: World
    place: Place
    id: int
    lead: Person
    report: Report
    people: list[Party]
    begun: set[int] = field(default_factory=set)
    kept: list[bool] = field(default_factory=list)

    @property
    def story(self) -> str:
        """What is to be seen of it today, '' for most."""
        return self.report.story

    def calls(self, now: datetime) -> Invocation:
        """Return the call that the lead makes of a use case."""
        return self.world.calls(self.lead, now)


@dataclass(frozen=True)
class Path:
    """One pathway of a case; `owner` is the person it is for, where it is for one."""

    work: Work
    id: int
    family: str
    kind: str
    for_whom: str
    participant_id: int | None

    @property
    def owner(self) -> Party | None:
        """The person the pathway is for."""
        return next((party for party in self.work.people if party.id == self.participant_id), None)

    @property
    def pupil(self) -> Pupil | None:
        """The student the pathway is for."""
        return self.owner.pupil if self.owner else None


def opened(world: World, report: Report) -> Work | None:
    """Return the case that a report has, or None."""
    statement = select(Case.id, Case.lead_id).join(CaseIncident, CaseIncident.case_id == Case.id)
    case = db.session.execute(statement.where(CaseIncident.incident_id == report.id)).first()
    if case is None:
        return None
    pupils = {part.pupil.id: part.pupil for part in report.people if part.pupil}
    person = CaseParticipant
    people = [
        Party(number, role, pupils.get(student_id or 0))
        for number, role, student_id in rows(person.id, person.role, person.student_id, where=person.case_id == case.id)
    ]
    lead = next(person for person in report.place.staff["coordinator"] if person.id == case.lead_id)
    if report.story:
        world.stories[case.id] = report.story
    return Work(world, report.place, case.id, lead, report, people)


def protect(work: Work, days: int, now: datetime) -> Life:
    """Write a plan for the first student harmed, agree on it within some school days, and review it three times."""
    rng, calendar = work.place.rng, work.world.calendar
    person = next((party for party in work.people if party.was_harmed and party.pupil), None)
    if person is None:
        work.world.unprotected.add(work.id)
        return
    now = yield calendar.soon(now, rng.randrange(30, 150))
    plan_id = write(work.calls(now), work.id, participant_id=person.id, **PLAN)
    if work.story == "fresh":
        return
    now = yield calendar.in_days(now, days, rng.randrange(540, 840))
    agree(work.calls(now), plan_id, with_person=True, agreed_on=work.world.day(now), guardian=GuardianTold.TOLD)
    for _number in range(REVIEWS):
        due = rows(SafetyPlan.next_review_on, where=SafetyPlan.id == plan_id)[0][0]
        now = yield calendar.on(due, rng.randrange(540, 900), now)
        if not _plans(work):
            return
        review(work.calls(now), plan_id, answer=PlanAnswer.WORKS)


def _plans(work: Work) -> list[Any]:
    return rows(SafetyPlan.id, where=(SafetyPlan.case_id == work.id) & (SafetyPlan.state == PlanState.AGREED))


def close_case(work: Work, now: datetime) -> bool:
    """End the safety plan and close the case; False where a duty stands in the way."""
    for (plan_id,) in _plans(work):
        end(work.calls(now), plan_id, why=PLAN_WORKED)
    call = work.calls(now)
    if blockers(call.actor, db.session.get_one(Case, work.id)):
        return False
    states = {state for (state,) in rows(Pathway.state, where=Pathway.case_id == work.id)}
    whole = all(work.kept) if work.kept else work.place.rng.random() < 0.6
    result, says = (
        (CaseResult.REPAIRED, HarmedSays.REPAIRED) if whole else (CaseResult.PARTLY_REPAIRED, HarmedSays.PARTLY)
    )
    if states == {PathwayState.DECLINED}:
        result, says = CaseResult.DECLINED, HarmedSays.DID_NOT_WISH_TO_SAY
    kept = AgreementKept.KEPT if all(work.kept) else AgreementKept.PARTLY
    close(
        call,
        work.id,
        result=result,
        cancel_reason=CASE_OVER,
        what_is_left="Nothing.",
        agreement_kept=kept if work.kept else AgreementKept.NO_AGREEMENT,
        harmed_says=says if any(party.was_harmed for party in work.people) else HarmedSays.NOBODY_HARMED,
        despite=SETTLED,
        stay=[row.id for row in left_open(call.actor, work.id).of_others],
    )
    return True
