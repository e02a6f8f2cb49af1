"""The federal counts of a school year: one row per school, zero where there was none."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import UNDECIDED, Tile
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.collections.federal import rules
from wss_cases.outcomes.collections.rules import NO_NUMBERS, Known, numbers_of
from wss_cases.outcomes.counting.repair.police import notified, students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import visible_to, within
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents import Report, about, head
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind
from wss_cases.safeguards.police.review.models import PoliceNotification
from wss_cases.safeguards.restraint.models import RestraintRecord

Counts = dict[int, Counter[str]]
"""School id to column to number."""
MARKS = (
    Student.race_ethnicity, Student.sex, Student.has_iep, Student.has_504, Student.is_english_learner,
)  # fmt: skip


def crdc(actor: Actor, scope: Scope, school: str | None, known: Known = NO_NUMBERS) -> Report:
    """The federal counts by school. The report's notes name what could not be counted."""
    counts: Counts = defaultdict(Counter)
    undecided = _incidents(actor, scope, counts)
    placed = _Placed(counts)
    _removals(actor, scope, placed)
    _referrals(actor, scope, placed)
    _restraints(actor, scope, placed)
    placed.finish()
    columns = rules.columns()
    rows = [
        [number, name, network, *numbers_of(number, known).federal_parts, *(placed.cell(key, col) for col in columns)]
        for key, number, name, network in schools(actor, scope, counts)
    ]
    begins = ("school_id", "school", "network", *rules.IDENTITY)
    document = head("crdc", scope, school) | {
        "not_held": list(rules.NOT_HELD),
        "undecided_incidents": undecided,
        "students_not_known": len(placed.unknown),
        "schools": with_counts(begins, columns, rows),
    }
    total: Counter[str] = sum(counts.values(), Counter())
    words = [
        *about(scope.year, school),
        (_("Columns that no record here can fill"), ", ".join(rules.NOT_HELD)),
        (_("Reports not decided yet, counted as allegations alone"), str(undecided)),
        (
            _("Students in no column by group: race, sex, or disability not known, or sex neither"),
            str(total["students_not_placed"]),
        ),
        (_("Students not known to be English learners or not"), str(total["learners_not_known"])),
        (
            _("Cells left empty, not zero: report them as not reported. The roster does not give enough about them"),
            str(total["cells_not_reported"]),
        ),
        (_("Students with no race, sex, disability, or language in the roster"), str(len(placed.unknown))),
        (_("Schools without the collection’s number"), str(sum(not row[-len(columns) - 1] for row in rows))),
    ]
    return Report("crdc", document, (*begins, *columns), rows, words)


def with_counts(begins: Sequence[str], columns: Sequence[str], rows: list[list[Any]]) -> list[dict[str, Any]]:
    """Rows for a JSON document: the leading columns by name, then the numbers by column under `counts`."""
    at = len(begins)
    named = ((dict(zip(begins, row[:at], strict=True)), row[at:]) for row in rows)
    return [begin | {"counts": dict(zip(columns, numbers, strict=True))} for begin, numbers in named]


def for_upload(report: Report) -> Report:
    """The file for upload: each school's own federal number (SCH_ID) and the collection's own columns only. Schools
    without that number are left out."""
    at = report.columns.index(rules.IDENTITY[-1])
    places = [place for place, name in enumerate(report.columns) if name.startswith("SCH_")]
    rows = [[row[at], *(row[place] for place in places)] for row in report.rows if row[at]]
    columns = (rules.UPLOAD_ID, *(report.columns[place] for place in places))
    document = report.document | {"schools": with_counts(columns[:1], columns[1:], rows)}
    return replace(report, document=document, columns=columns, rows=rows)


def schools(actor: Actor, scope: Scope, counts: Iterable[int]) -> list[tuple[int, str, str, str]]:
    """(id, number, name, network) of each school in the file: the active ones, and those with a count."""
    columns = (School.id, School.identifier, School.sourced_id, School.name, School.network)
    statement = visible_to(select(*columns), actor, School.id)
    if scope.school_id is not None:
        statement = statement.where(School.id == scope.school_id)
    else:
        statement = statement.where(or_(School.is_active, School.id.in_(sorted(counts))))
    rows = db.session.execute(statement.order_by(School.name, School.id))
    return [(row[0], row[1] or row[2], row[3], row[4] or "") for row in rows]


def _incidents(actor: Actor, scope: Scope, counts: Counts) -> int:
    """Count offenses and allegations; returns how many reports with an offense or allegation are still undecided."""
    mapped: dict[int, set[str]] = defaultdict(set)
    rows: dict[int, Any] = {}
    statement = (
        select(
            Incident.id, Incident.school_id, Incident.state, Incident.outcome_reason, Incident.weapon, Incident.place,
            Incident.tile, Incident.bias_basis, Incident.facts, BehaviorCode.crdc,
        )
        .outerjoin(
            IncidentPerson, (IncidentPerson.incident_id == Incident.id) & IncidentPerson.role.in_(ACTED)
        )
        .outerjoin(BehaviorCode, BehaviorCode.id == IncidentPerson.behavior_code_id)
        .where(
            *within(actor, scope, Incident.school_id, Incident.local_date),
            Incident.counts(),
            or_(BehaviorCode.crdc != "", Incident.weapon == "firearm", Incident.bias_basis.in_(list(rules.BIAS))),
        )
    )  # fmt: skip
    for row in db.session.execute(statement):
        rows[row.id] = row
        mapped[row.id].add(row.crdc or "")
    undecided = 0
    for incident_id, row in rows.items():
        bullying = row.tile == Tile.BULLYING or (row.facts or {}).get("bullying") is True
        for ground in rules.allegations(mapped[incident_id], bullying, row.bias_basis):
            counts[row.school_id][ground] += 1
        column = rules.offense(mapped[incident_id], row.weapon)
        if column is None or row.place not in rules.AT_SCHOOL or row.outcome_reason == "unfounded":
            continue
        if row.state in UNDECIDED:
            undecided += 1
        else:
            counts[row.school_id][column] += 1
    return undecided


class _Placed:
    """Counts each student once per school and measure, and records the students that fit no column."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.times: Counter[tuple[int, str, int]] = Counter()
        self.pupils: dict[int, rules.Pupil] = {}
        self.open: dict[int, set[str]] = defaultdict(set)
        """Columns, by school, that may be missing a student because the roster does not say enough."""
        self.unknown: set[int] = set()

    def cell(self, school_id: int, column: str) -> int | None:
        """A number; None where a zero would claim more than the roster says."""
        return self.counts[school_id][column] or (None if column in self.open[school_id] else 0)

    def may_be(
        self, school_id: int, student_id: int, pupil: rules.Pupil, of: Callable[[rules.Pupil], list[str]]
    ) -> None:
        """Record the other columns a student may belong to, beyond those that `of` gives for the known marks."""
        if others := rules.could_be(pupil, of):
            self.open[school_id] |= others
            self.unknown.add(student_id)

    def add(self, school_id: int, measure: str, student_id: int, pupil: rules.Pupil) -> None:
        self.pupils[student_id] = pupil
        self.times[school_id, measure, student_id] += 1

    def finish(self) -> None:
        """Turn instances into students: one suspension or several; every other measure once."""
        unplaced: set[tuple[int, int]] = set()
        unknown: set[tuple[int, int]] = set()
        for (school_id, measure, student_id), times in self.times.items():
            pupil = self.pupils[student_id]
            if measure in rules.OURS:
                self.counts[school_id][measure] += 1
                continue
            name = measure if measure != "OOS" else "SINGOOS" if times == 1 else "MULTOOS"
            columns = rules.cells(name, pupil)
            self.counts[school_id].update(columns)
            self.may_be(school_id, student_id, pupil, partial(rules.cells, name))
            if not columns:
                unplaced.add((school_id, student_id))
            if pupil.learner is None:
                unknown.add((school_id, student_id))
        for column, pairs in (("students_not_placed", unplaced), ("learners_not_known", unknown)):
            for school_id, _student in pairs:
                self.counts[school_id][column] += 1
        empty = {
            school_id: sum(not self.counts[school_id][column] for column in open_columns)
            for school_id, open_columns in self.open.items()
        }
        for school_id, number in empty.items():
            self.counts[school_id]["cells_not_reported"] = number


def _removals(actor: Actor, scope: Scope, placed: _Placed) -> None:
    action = DisciplineAction
    statement = (
        select(action.school_id, action.student_id, action.kind, action.days, *MARKS)
        .join(Student, Student.id == action.student_id)
        .where(*removed(actor, scope))
    )
    for row in db.session.execute(statement):
        school_id, student_id, kind, days = row[:4]
        pupil, counts = rules.Pupil(*row[4:]), placed.counts[school_id]
        if kind in rules.STUDENT_MEASURE:
            placed.add(school_id, rules.STUDENT_MEASURE[kind], student_id, pupil)
        elif kind is DisciplineKind.EXPULSION:
            placed.add(school_id, "expulsion_students", student_id, pupil)
            counts["expulsion_instances"] += 1
        elif kind in rules.INFORMAL:
            placed.add(school_id, "informal_removal_students", student_id, pupil)
            counts["informal_removal_instances"] += 1
        elif kind is rules.SUSPENDED:
            placed.add(school_id, "OOS", student_id, pupil)
            for of, number in ((partial(rules.by_standing, "SCH_OOSINSTANCES"), 1), (rules.missed, days)):
                counts.update(dict.fromkeys(of(pupil), number))
                placed.may_be(school_id, student_id, pupil, of)


def _referrals(actor: Actor, scope: Scope, placed: _Placed) -> None:
    for row in db.session.execute(students_notified(actor, scope, *MARKS)):
        placed.add(row[0], "REF", row[1], rules.Pupil(*row[2:]))
    made = select(PoliceNotification.school_id).where(*notified(actor, scope))
    for school_id in db.session.scalars(made):
        placed.counts[school_id]["referral_instances"] += 1


def _restraints(actor: Actor, scope: Scope, placed: _Placed) -> None:
    """Count every restraint and time-out, and each student once per school and kind."""
    record, seen = RestraintRecord, set[tuple[int, Any, int]]()
    statement = (
        select(record.school_id, record.kind, record.student_id, *MARKS)
        .join(Student, Student.id == record.student_id)
        .where(*within(actor, scope, record.school_id, record.local_date))
    )
    for row in db.session.execute(statement):
        school_id, kind, student_id, pupil = *row[:3], rules.Pupil(*row[3:])
        if kind not in rules.RESTRAINTS:
            continue
        name = rules.RESTRAINTS[kind]
        ways = [partial(rules.by_standing, f"SCH_RSINSTANCES_{name}")]
        if (school_id, kind, student_id) not in seen:
            ways.append(partial(rules.restrained, name))
            seen.add((school_id, kind, student_id))
        for of in ways:
            placed.counts[school_id].update(of(pupil))
            placed.may_be(school_id, student_id, pupil, of)
