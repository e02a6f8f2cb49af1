"""Safety plans: agreed with the person harmed where the rules ask for one, and reviewed until they are not needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

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
from wss_cases.cases.progress import add_note
from wss_cases.cases.safety_plans import PlanText
from wss_cases.casework.case_page.actions import Answers, close
from wss_cases.casework.case_page.queries import blockers, left_open
from wss_cases.casework.safety_plans.actions import agree, end, review, write
from wss_cases.demo.district.schools import Person, Place, Pupil
from wss_cases.demo.story.reports import Report
from wss_cases.demo.story.world import Life, Steps, World, rows
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.rules import LIVE, Pathway

CASE_OVER = "The case is closed."
SETTLED = "They settled the rest between themselves and said so."
PLAN_WORKED = "The person it is for said that it is quiet now and that the plan may end."
NOTES = (
    "Spoke with the homeroom teacher about the seating plan.",
    "The family asked to be called in the afternoon.",
    "Both students were greeted at the door this week.",
    "Agreed with the counselor who checks in on Mondays.",
    "Translated letter sent home.",
)


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
    """A case being worked: pathways that are known and over, its living safety plan, whether agreements were kept."""

    world: World
    place: Place
    id: int
    lead: Person
    opened_on: date
    report: Report
    people: list[Party]
    life_of: "PathLife"
    known: set[int] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    plan_id: int | None = None
    ends: bool = False
    is_closed: bool = False
    kept: list[bool] = field(default_factory=list)
    declined: int = 0

    @property
    def story(self) -> str:
        """What is to be seen of it today, '' for most."""
        return self.report.story

    def calls(self, now: datetime) -> Invocation:
        """Return the call that the lead makes of a use case."""
        return self.world.calls(self.lead, now)

    def party(self, participant_id: int | None) -> Party | None:
        """Return one person of the case."""
        return next((one for one in self.people if one.id == participant_id), None)


@dataclass(frozen=True)
class Path:
    """One pathway of a case."""

    work: Work
    id: int
    family: str
    kind: str
    for_whom: str
    participant_id: int | None

    @property
    def owner(self) -> Party | None:
        """The person the pathway is for, where it is one."""
        return self.work.party(self.participant_id)

    @property
    def pupil(self) -> Pupil | None:
        """The student the pathway is for, where it is one."""
        return self.owner.pupil if self.owner else None


PathLife = Callable[[Path, datetime], Steps]
"""The life of a pathway from an instant on; it returns its last one."""


def opened(world: World, report: Report, life_of: PathLife) -> Work | None:
    """Return the case that a report has, or None."""
    statement = select(Case.id, Case.lead_id, Case.opened_on).join(CaseIncident, CaseIncident.case_id == Case.id)
    case = db.session.execute(statement.where(CaseIncident.incident_id == report.id)).first()
    if case is None:
        return None
    case_id, lead_id, opened_on = case
    pupils = {one.pupil.id: one.pupil for one in report.people if one.pupil}
    person = CaseParticipant
    people = [
        Party(number, role, pupils.get(student_id or 0))
        for number, role, student_id in rows(person.id, person.role, person.student_id, where=person.case_id == case_id)
    ]
    lead = next(one for one in report.place.staff["coordinator"] if one.id == lead_id)
    if report.story:
        world.stories[case_id] = report.story
    return Work(world, report.place, case_id, lead, opened_on, report, people, life_of)


def look(work: Work, now: datetime) -> None:
    """Let the pathways of a case live that nobody has looked at yet; the case ends once all of them are over."""
    path = Pathway
    columns = (path.id, path.pathway, path.kind, path.for_whom, path.participant_id)
    new = rows(*columns, where=(path.case_id == work.id) & path.state.in_(LIVE) & path.id.not_in(work.known))
    work.known |= {row[0] for row in new}
    for row in new:
        work.world.agenda.begin(_followed(Path(work, *row), now))
    _perhaps_end(work, now)


def _followed(path: Path, now: datetime) -> Life:
    now = yield from path.work.life_of(path, now)
    path.work.over.add(path.id)
    _perhaps_end(path.work, now)


def _perhaps_end(work: Work, now: datetime) -> None:
    if work.known == work.over and not work.ends:
        work.ends = True
        work.world.agenda.begin(_end(work, now))


def _end(work: Work, now: datetime) -> Life:
    """Close a case some days after its last pathway ended, and once no duty stands in the way."""
    rng, calendar = work.place.rng, work.world.calendar
    while True:
        now = yield calendar.in_days(now, rng.randrange(2, 9), rng.randrange(540, 930))
        look(work, now)
        if work.known != work.over:
            work.ends = False
            return
        if work.plan_id is not None:
            end(work.calls(now), work.plan_id, PLAN_WORKED)
            work.plan_id = None
            now = yield calendar.soon(now, 5)
        if not blockers(work.calls(now).actor, db.session.get_one(Case, work.id)):
            _close(work, now)
            work.is_closed = True
            return


def note(work: Work, now: datetime) -> Life:
    """Add a note to a case some days after it was opened."""
    rng = work.place.rng
    now = yield work.world.calendar.in_days(now, rng.randrange(1, 8), rng.randrange(540, 900))
    if not work.is_closed:
        add_note(work.calls(now), work.id, rng.choice(NOTES))


def _close(work: Work, now: datetime) -> None:
    rng = work.place.rng
    harmed = any(one.was_harmed for one in work.people)
    if work.declined and work.declined == len(work.known):
        result, says = CaseResult.DECLINED, HarmedSays.DID_NOT_WISH_TO_SAY
    else:
        whole = all(work.kept) if work.kept else rng.random() < 0.6
        result = CaseResult.REPAIRED if whole else CaseResult.PARTLY_REPAIRED
        says = HarmedSays.REPAIRED if whole else HarmedSays.PARTLY
    kept = AgreementKept.KEPT if all(work.kept) else AgreementKept.PARTLY
    answers = Answers(
        result=result,
        cancel_reason=CASE_OVER,
        what_is_left="",
        agreement_kept=kept if work.kept else AgreementKept.NO_AGREEMENT,
        harmed_says=says if harmed else HarmedSays.NOBODY_HARMED,
        despite=SETTLED,
        stay=[row.id for row in left_open(work.calls(now).actor, work.id).of_others],
    )
    close(work.calls(now), work.id, answers)


STEPS = "An adult walks the first hallway with them. A sign to any teacher is enough to leave the room."
ADULTS = "Homeroom teacher, counselor, security officer at door 3"
ROUTES = ("By the east stairs", "Arrives by the gym door", "")
SEATS = ("In front, beside a friend", "Keeps their own seat; the other one moved", "")
PHONES = ("May keep the phone on silent", "")


def wanted(work: Work) -> Party | None:
    """Return whom a plan is for: the first student who was harmed."""
    return next((one for one in work.people if one.was_harmed and one.pupil is not None), None)


def protect(work: Work, person: Party, days: int, now: datetime) -> Life:
    """Write a plan, agree on it within so many school days, and review it until it is not needed any more."""
    rng, calendar = work.place.rng, work.world.calendar
    now = yield calendar.soon(now, rng.randrange(30, 150))
    text = PlanText(STEPS, ADULTS, rng.choice(ROUTES), rng.choice(SEATS), rng.choice(PHONES))
    work.plan_id = plan_id = write(work.calls(now), work.id, person.id, text)
    if work.story == "fresh":
        return
    now = yield calendar.in_days(now, days, rng.randrange(540, 840))
    told = rng.choice((GuardianTold.TOLD, GuardianTold.TOLD, GuardianTold.NOT_TO_BE_TOLD))
    agree(work.calls(now), plan_id, work.world.day(now), told)
    for _number in range(rng.randrange(2, 5)):
        due = rows(SafetyPlan.next_review_on, where=SafetyPlan.id == plan_id)[0][0]
        now = yield calendar.on(due, rng.randrange(540, 900), now)
        if not _stands(plan_id):
            return
        review(work.calls(now), plan_id, PlanAnswer.WORKS, "")
    now = yield calendar.soon(now, 20)
    if _stands(plan_id):
        end(work.calls(now), plan_id, PLAN_WORKED)
        work.plan_id = None


def _stands(plan_id: int) -> bool:
    return rows(SafetyPlan.state, where=SafetyPlan.id == plan_id)[0][0] is PlanState.AGREED
