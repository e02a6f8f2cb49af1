"""One report as it is being made: its people, its times, and the history that it leaves."""

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any, cast

from tests.bench.bulk.district.people import Pupil
from tests.bench.bulk.district.schools import Place
from tests.bench.bulk.writing.acts import Somebody, Story
from tests.bench.bulk.writing.world import Behavior, World
from wss_cases.incidents.incident.models import Incident, IncidentPerson
from wss_cases.incidents.incident.queries import COUNTED_AS_PRIOR
from wss_cases.incidents.incident.rules import facts_of, routed_people
from wss_cases.incidents.incident.states import PersonKind, PersonRole
from wss_cases.intake.recommendation import Answered, Plan, plan_of
from wss_cases.roster.directory.models import Student

COUNTED = frozenset(state.value for state in COUNTED_AS_PRIOR)


@dataclass
class Part:
    """One person of a report, with the attributes that the rooms' rules read."""

    id: int
    role: PersonRole
    kind: PersonKind
    pupil: Pupil | None
    grade: int | None
    behavior: Behavior | None
    facts: dict[str, Any] = field(default_factory=dict)
    other_school_id: None = None

    @property
    def student_id(self) -> int | None:
        """The student, when it is one."""
        return self.pupil.id if self.pupil else None

    @property
    def student(self) -> Pupil | None:
        """Whose supports the rules read."""
        return self.pupil


@dataclass(frozen=True)
class Removal:
    """A suspension or expulsion of one person of a report."""

    part: Part
    kind: str
    days: int
    starts_on: date


@dataclass
class Report:
    """One report; `row` is the row of its table until the batch is written."""

    id: int
    row: dict[str, Any]
    story: Story
    day: date
    tile: str
    place: Any
    facts: dict[str, Any]
    behavior: Behavior
    submitted_at: datetime
    details_completed_at: datetime | None
    reporter: Somebody
    fate: str = ""
    removal: Removal | None = None
    case_id: int = 0
    open_duties: int = 0
    people: list[Part] = field(default_factory=list)
    answers: list[tuple[Part, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    @property
    def danger_now(self) -> bool:
        """Whether somebody is in danger as it is reported."""
        return bool(self.row.get("danger_now"))

    @property
    def subject(self) -> tuple[str, int]:
        """Its name in timelines."""
        return ("incident", self.id)

    @property
    def caused(self) -> list[Part]:
        """Who is reported to have caused harm."""
        return [one for one in self.people if one.role in (PersonRole.CAUSED_HARM, PersonRole.BOTH)]

    @property
    def harmed(self) -> list[Part]:
        """Who is reported as harmed."""
        return [one for one in self.people if one.role in (PersonRole.HARMED, PersonRole.BOTH)]


@dataclass
class Scene:
    """One school while its reports are made."""

    world: World
    place: Place
    rng: Random
    pools: dict[str, tuple[list[Pupil], list[float]]]
    incidents: int = 0
    cases: int = 0
    asks_police: bool = False
    previous: tuple[int, str, date] | None = None
    open_cases: list[tuple[Report, Any]] = field(default_factory=list)
    kept: dict[int, Any] = field(default_factory=dict)

    def draw(self, day: date, year: str, but_not: tuple[int, ...] = ()) -> Pupil | None:
        """Draw a student who was there that day; some are in more reports than others."""
        pupils, weights = self.pools.get(year, ([], []))
        for _attempt in range(20 if pupils else 0):
            found = self.rng.choices(pupils, cum_weights=weights)[0]
            if found.id not in but_not and found.starts <= day and (found.ends is None or day <= found.ends):
                return found
        return None

    def who(self, role: str, fate: str = "") -> Somebody:
        """Draw somebody who holds a role at the school; the demo person does most of it, and what has a fate."""
        people = self.place.staff[role]
        often = 0.3 if role == "reporter" else 0.65
        if fate or len(people) == 1 or (self.place.is_demo and self.rng.random() < often):
            return people[0]
        return self.rng.choice(people)


def route(world: World, report: Report) -> Plan:
    """Ask the rules about everyone who is routed, remember the answers, and return the plan of them all."""
    people = cast(list[IncidentPerson], report.people)
    for person in cast(list[Part], routed_people(people)):
        pupil = person.pupil
        if pupil is not None:
            pupil.grade = person.grade
        facts = facts_of(
            cast(Incident, report),
            cast(IncidentPerson, person),
            people,
            _priors(report, pupil) if pupil else None,
            cast(Student, pupil) if pupil else None,
        )
        report.answers.append((person, facts, world.answer(facts)))
    return plan_of([Answered(cast(IncidentPerson, who), facts, said) for who, facts, said in report.answers], people)


def remember(report: Report) -> None:
    """Keep a decided report for the priors of later ones, by the rule of `incidents.queries.priors`."""
    if report.row["state"] not in COUNTED or report.behavior.is_attendance:
        return
    for part in report.caused:
        group = part.behavior.behavior_group if part.behavior else None
        harmed_another = any(other is not part for other in report.harmed)
        if part.pupil is not None and (harmed_another or (group or 0) >= 3):
            part.pupil.reports.append((report.day, report.row["reviewed_at"]))


def _priors(report: Report, pupil: Pupil) -> tuple[int, int]:
    ages = [(report.day - day).days for day, decided_at in pupil.reports if decided_at <= report.submitted_at]
    return sum(0 < age <= 90 for age in ages), sum(0 < age <= 365 for age in ages)
