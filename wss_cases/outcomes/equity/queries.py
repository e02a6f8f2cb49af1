"""Counting different students by group and stage, for every school at once, because what may be shown depends on all of
them.

The counts take no actor. `table_for` gives a reader only the table of a school (or of the district) whose outcomes they
may see, suppressed as docs/decisions/0017 requires.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    UniqueConstraint,
    and_,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.cases.case.models import CaseIncident, CaseParticipant
from wss_cases.foundation.clock import school_year_bounds
from wss_cases.foundation.code_tables import HeldRows
from wss_cases.foundation.db import Base, CodeTable, Id, db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _l
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.counting.cache import cached_in_pieces, key_of, read_ahead
from wss_cases.outcomes.counting.repair.police import notified
from wss_cases.outcomes.counting.repair.queries import light_conditions, removed, step_conditions
from wss_cases.outcomes.counting.scope.queries import READERS, counted, not_ended
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.equity.rules import Table, plain_tables, table_from
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT, Counts, Minimums
from wss_cases.pathways.circles.terms import Agreement
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.roster.directory.rules import RACE_LABELS, SEX_LABELS
from wss_cases.routing.engine.vocabulary import Person
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceNotification

PLACES: Final = {"classroom": ("classroom",), "hallway": ("hallway",), "elsewhere": None}
"""The places of decision points by location code; None is every other place."""
NOON: Final = 12 * 60
HALVES: Final = ("morning", "afternoon")
POINTS: Final = tuple(f"{place}_{half}" for place in PLACES for half in HALVES)
"""Vulnerable decision points: subjective behavior by place and time of day."""

STAGES: Final[dict[str, str]] = {
    ROOT: ENROLLED,
    "offered": ROOT,
    "accepted": "offered",
    "held": "accepted",
    "agreement": "held",
    "kept": "agreement",
    "suspended": ROOT,
    "removed": ROOT,
    "police": ROOT,
    "subjective": ROOT,
    **dict.fromkeys(POINTS, "subjective"),
}
"""Each stage with the stage before it; a stage is listed after the one before it."""

SUSPENSIONS: Final = (DisciplineKind.IN_SCHOOL_SUSPENSION, DisciplineKind.OUT_OF_SCHOOL_SUSPENSION)

STAGE_LABELS: Final[dict[str, Any]] = {
    ENROLLED: _l("Enrolled"),
    ROOT: _l("Reported in an incident"),
    "offered": _l("Offered a restorative pathway"),
    "accepted": _l("Accepted it"),
    "held": _l("It was held"),
    "agreement": _l("Agreement made"),
    "kept": _l("Agreement kept"),
    "suspended": _l("Suspended"),
    "removed": _l("Removed in another way"),
    "police": _l("Police were notified"),
    "subjective": _l("Reported for subjective behaviors"),
    "classroom_morning": _l("In a classroom, before noon"),
    "classroom_afternoon": _l("In a classroom, from noon on"),
    "hallway_morning": _l("In a hallway or on stairs, before noon"),
    "hallway_afternoon": _l("In a hallway or on stairs, from noon on"),
    "elsewhere_morning": _l("Elsewhere, before noon"),
    "elsewhere_afternoon": _l("Elsewhere, from noon on"),
}

UNKNOWN: Final = "not_known"
_NOT_KNOWN: Final = {UNKNOWN: _l("Not in the roster")}

FAMILIES: Final[dict[str, tuple[Any, dict[str, Any]]]] = {
    "race": (_l("Race or ethnicity"), {**RACE_LABELS, **_NOT_KNOWN}),
    "disability": (_l("Disability"), {"yes": _l("With an IEP or a 504 plan"), "no": _l("With neither"), **_NOT_KNOWN}),
    "english": (_l("English learners"), {"yes": _l("English learners"), "no": _l("Other students"), **_NOT_KNOWN}),
    "sex": (_l("Gender"), {**SEX_LABELS, **_NOT_KNOWN}),
    "housing": (_l("Housing support"), {"yes": _l("With housing support"), "no": _l("Other students"), **_NOT_KNOWN}),
}
"""Kind of group to (its name, the names of its categories)."""

LEAST_CELL, MOST_CELL, MOST_GROUP = 5, 100, 1000
SENTENCES: Final[dict[str, Any]] = {
    "equity.minimums": _l("Smallest figures of groups changed from %(day)s on: cell %(cell)s, group %(group)s")
}


class EquityMinimum(CodeTable, Base):
    """The fewest students in a cell and in a group whose figures are shown, from a day on.

    A school year uses the row in force on its first day. A change is a new row; no row is ever changed or deleted.
    """

    __tablename__ = "equity_minimum"
    __table_args__ = (
        UniqueConstraint("starts_on"),
        CheckConstraint("cell between 5 and 100", name="cell"),
        CheckConstraint("student_group between cell and 1000", name="student_group"),
    )

    id: Mapped[Id]
    starts_on: Mapped[date]
    cell: Mapped[int]
    student_group: Mapped[int]
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    set_at: Mapped[datetime | None]


BITS: dict[str, int] = {stage: 1 << place for place, stage in enumerate(STAGES)}
STEPS = ("offered", "accepted", "held", "agreement", "kept")
LIGHT = ("offered", "accepted", "held")
"""Steps that a conversation recorded on the incident itself counts as."""
WITHHELD = ("housing",)
"""Kinds of group whose students even the school's administrators may not know."""
FACTS = ("enrolled", "reported", "light", *(stage for stage in STAGES if stage != ROOT))
"""The facts about a student at a school."""
DISTRICT, PIECES = "district", 16
"""The pieces in which the tables are stored: the district's, and this many for the schools."""
NOTHING: ColumnElement[int] = literal_column("0")


@dataclass(frozen=True)
class Counted:
    """Students of every school by category and the stages they reached (a mask of BITS). `moved` are the students
    counted at several schools: (category, mask at each)."""

    masks: Mapping[tuple[int, str, int], int]
    moved: list[tuple[str, list[int]]]

    def schools(self) -> dict[int, Counts]:
        counts: dict[int, dict[str, Counter[str]]] = {}
        for (school_id, category, mask), number in self.masks.items():
            row = counts.setdefault(school_id, {}).setdefault(category, Counter())
            row[ENROLLED] += number
            for stage, bit in BITS.items():
                row[stage] += number if mask & bit else 0
        return dict(counts)


def minimums_of(year: str) -> Minimums:
    """The minimums of a school year: those in force on its first day, otherwise the first ever set."""
    rows, first = minimum_rows(), school_year_bounds(year)[0]
    in_force = next((row for row in rows if row.starts_on <= first), rows[-1])
    return Minimums(in_force.cell, in_force.student_group)


def minimum_rows() -> list[EquityMinimum]:
    """Every row of the setting, the newest first."""
    return _MINIMUMS.rows()


_MINIMUMS: HeldRows[EquityMinimum] = HeldRows(
    lambda: db.session.scalars(select(EquityMinimum).order_by(EquityMinimum.starts_on.desc()))
)


def count_students(scope: Scope, family: str) -> Counted:
    """The students of every school by one kind of group, over the days of a scope. Only for `table_for`, because
    nothing is suppressed."""
    everywhere = Scope(None, scope.year, scope.first, scope.last, scope.today)
    marked = _marked(everywhere, family)
    columns = (marked.c.school_id, marked.c.category, marked.c.mask)
    grouped = select(*columns, func.count()).group_by(*columns)
    masks = {(row[0], row[1], row[2]): row[3] for row in db.session.execute(grouped)}
    # a rank instead of the student's id
    whoever = func.dense_rank().over(order_by=marked.c.student_id)
    rows = select(whoever, marked.c.category, marked.c.mask).where(marked.c.schools > 1)
    moved: dict[int, tuple[str, list[int]]] = {}
    for number, category, mask in db.session.execute(rows):
        moved.setdefault(number, (category, []))[1].append(mask)
    return Counted(masks, list(moved.values()))


def _marked(scope: Scope, family: str) -> Any:
    """(student, school, category, mask, schools of the student), one row per student and school.

    The facts about a student at a school are unioned and aggregated once. Joined instead, PostgreSQL without table
    statistics would scan each table for every student.
    """
    facts = union_all(_enrolled(scope), _reported(scope), _ways(scope), _removals(scope), _notified(scope)).subquery()
    unit = (facts.c.student_id, facts.c.school_id)
    at_most = {name: func.max(facts.c[name]) for name in FACTS}
    flags = {stage: at_most[stage] == 1 for stage in BITS if stage != ROOT}
    for step in LIGHT:
        flags[step] = or_(flags[step], at_most["light"] == 1)
    mask: Any = BITS[ROOT]
    for stage, flag in flags.items():
        mask = mask + case((flag, BITS[stage]), else_=0)
    units = (
        select(*unit, case((at_most["reported"] == 0, 0), else_=mask).label("mask"))
        .group_by(*unit)
        .having(at_most["enrolled"] == 1)
        .subquery()
    )
    category, schools = _category(family).label("category"), func.count().over(partition_by=units.c.student_id)
    columns = (units.c.student_id, units.c.school_id, category, units.c.mask, schools.label("schools"))
    return select(*columns).join(Student, Student.id == units.c.student_id).subquery()


def _known(student_id: Any, school_id: Any, **conditions: ColumnElement[bool]) -> Any:
    """Rows of facts about students at schools: 1 where a condition holds, otherwise 0."""
    columns = [
        case((conditions[name], 1), else_=0).label(name) if name in conditions else NOTHING.label(name)
        for name in FACTS
    ]
    return select(student_id.label("student_id"), school_id.label("school_id"), *columns)


def _enrolled(scope: Scope) -> Any:
    lines = _known(Enrolment.student_id, Enrolment.school_id, enrolled=true())
    return lines.where(Enrolment.starts_on <= scope.last, not_ended(scope.first))


def _reported(scope: Scope) -> Any:
    """Students reported in the period's incidents, with the behavior, place and time of day."""
    named = [code for codes in PLACES.values() for code in codes or ()]
    subjective = BehaviorCode.is_subjective.is_(True)
    points = {}
    for place, codes in PLACES.items():
        where = Incident.location_code.in_(codes) if codes else Incident.location_code.not_in(named)
        for half in HALVES:
            early = Incident.local_minute < NOON
            when = early if half == HALVES[0] else Incident.local_minute >= NOON
            points[f"{place}_{half}"] = and_(subjective, where, when)
    light = light_conditions()["held"]
    lines = _known(
        IncidentPerson.student_id, Incident.school_id, reported=true(), light=light, subjective=subjective, **points
    )
    lines = lines.join(Incident, Incident.id == IncidentPerson.incident_id)
    return _acted(lines.outerjoin(BehaviorCode, BehaviorCode.id == IncidentPerson.behavior_code_id), scope)


def _ways(scope: Scope) -> Any:
    """The same students with the steps of pathways meant for them, or for all who caused harm in the case."""
    mine = or_(
        CaseParticipant.student_id == IncidentPerson.student_id,
        and_(Pathway.participant_id.is_(None), Pathway.for_whom != Person.HARMED.value),
    )
    conditions = step_conditions()
    lines = (
        _known(IncidentPerson.student_id, Incident.school_id, **{step: conditions[step] for step in STEPS})
        .join(Incident, Incident.id == IncidentPerson.incident_id)
        .join(CaseIncident, CaseIncident.incident_id == Incident.id)
        .join(Pathway, Pathway.case_id == CaseIncident.case_id)
        .outerjoin(CaseParticipant, CaseParticipant.id == Pathway.participant_id)
        .outerjoin(Agreement, Agreement.pathway_id == Pathway.id)
        .where(mine)
    )
    return _acted(lines, scope)


def _acted(lines: Any, scope: Scope) -> Any:
    acted = (IncidentPerson.role.in_(ACTED), IncidentPerson.student_id.is_not(None))
    return lines.where(*counted(SYSTEM, scope), *acted)


def _removals(scope: Scope) -> Any:
    action = DisciplineAction
    suspended = action.kind.in_(SUSPENSIONS)
    lines = _known(action.student_id, action.school_id, suspended=suspended, removed=not_(suspended))
    return lines.where(*removed(SYSTEM, scope))


def _notified(scope: Scope) -> Any:
    made = PoliceNotification
    lines = _known(NotifiedStudent.student_id, made.school_id, police=true())
    return lines.join(made, made.id == NotifiedStudent.notification_id).where(*notified(SYSTEM, scope))


def _category(family: str) -> ColumnElement[str]:
    yes_no = {"english": Student.is_english_learner, "housing": Student.has_housing_support}
    if family in yes_no:
        column = yes_no[family]
        return case((column.is_(True), "yes"), (column.is_(False), "no"), else_=UNKNOWN)
    if family == "disability":
        known = and_(Student.has_iep.is_(False), Student.has_504.is_(False))
        either = or_(Student.has_iep.is_(True), Student.has_504.is_(True))
        return case((either, "yes"), (known, "no"), else_=UNKNOWN)
    return func.coalesce({"race": Student.race_ethnicity, "sex": Student.sex}[family], UNKNOWN)


def exact_counts(actor: Actor, scope: Scope, family: str) -> Mapping[str, Mapping[str, int]]:
    """A school's students by category and stage, unsuppressed: only for administrators, who may open every record of
    the school, and never for publication.

    Raises NotFound for everyone else, and for a kind of group that is withheld from administrators too.
    """
    if scope.school_id is None or scope.school_id not in actor.school_ids(Role.ADMINISTRATOR) or family in WITHHELD:
        raise NotFound
    marked = _marked(scope, family)
    columns = (marked.c.category, marked.c.mask)
    grouped = select(*columns, func.count()).where(marked.c.school_id == scope.school_id).group_by(*columns)
    masks = {(scope.school_id, row[0], row[1]): row[2] for row in db.session.execute(grouped)}
    return Counted(masks, []).schools().get(scope.school_id, {})


def table_for(actor: Actor, scope: Scope, family: str) -> Table:
    """The table of one kind of group, of a school or of the district. Raises NotFound for a reader who may not see
    it."""
    return _table(actor, scope, family, minimums_of(scope.year))


def tables_for(actor: Actor, scope: Scope) -> dict[str, Table]:
    """The table of every kind of group; the stored ones are read in one statement."""
    read_ahead(stored_keys(scope))
    least = minimums_of(scope.year)
    return {family: _table(actor, scope, family, least) for family in FAMILIES}


def stored_keys(scope: Scope, families: Iterable[str] = FAMILIES) -> list[str]:
    """The keys under which the tables of a scope are stored, for `read_ahead`."""
    least = minimums_of(scope.year)
    return [key_of("equity", (*_by_family(scope, family, least), _piece_of(scope.school_id))) for family in families]


def _table(actor: Actor, scope: Scope, family: str, least: Minimums) -> Table:
    if not (actor.is_system or actor.covers(scope.school_id, *READERS)):
        raise NotFound
    table: Table = _plain_tables(_piece_of(scope.school_id), _of_school(scope.school_id), scope, family, least)
    return table


@cache
def _of_school(school_id: int | None) -> Callable[[dict[str, Any]], Table]:
    """A function that makes the table of a school, or of the district (None), from a stored piece; the same function
    each time."""
    return lambda plain: table_from(plain, school_id, STAGES)


def _by_family(scope: Scope, family: str, least: Minimums) -> tuple[Any, ...]:
    return family, scope.first, scope.last, least


def _piece_of(school_id: int | None) -> str:
    """The piece of the stored tables that holds a school, so that its page does not read those of all schools."""
    return DISTRICT if school_id is None else str(school_id % PIECES)


def _pieces(plain: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All tables in pieces: the district's, and the schools' by the remainder of their ids."""
    pieces: dict[str, dict[str, Any]] = {
        str(number): {"columns": plain["columns"], "schools": {}} for number in range(PIECES)
    }
    for school_id, shown in plain["schools"].items():
        pieces[_piece_of(int(school_id))]["schools"][school_id] = shown
    return pieces | {DISTRICT: {"district": plain["district"]}}


@cached_in_pieces("equity", version=5, depends_on=_by_family, pieces=_pieces)
def _plain_tables(scope: Scope, family: str, least: Minimums) -> dict[str, Any]:
    """What may be shown of every school and of the district. The counts behind it, which may be of single children, are
    never stored."""
    students = count_students(scope, family)
    flags = {ENROLLED: 0, **BITS}
    moved = [
        (category, [{stage: stage == ENROLLED or bool(mask & bit) for stage, bit in flags.items()} for mask in masks])
        for category, masks in students.moved
    ]
    return plain_tables(students.schools(), least, STAGES, moved)
