"""The federal collection (CRDC): its columns, named as in the files of 2021-22, and a school's count of each; and the
numbers by which the federal and the State's collections know a school."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import product
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import or_, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import UNDECIDED, Place, Tile
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.counting.repair.police import notified, students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.queries import visible_to, within
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents import Report, about, head
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind
from wss_cases.safeguards.police.review.models import PoliceNotification
from wss_cases.safeguards.restraint import RestraintKind, RestraintRecord

FEDERAL_DIGITS: Final = 12
"""NCES: 7 digits of the district (LEAID), 5 of the school in it (SCHID)."""
STATE_DIGITS: Final = 15
"""RCDTS: region, county, district, type and school."""
_DISTRICT_PART: Final = 9


@dataclass(frozen=True)
class Numbers:
    """A school's numbers; '' is not known."""

    federal: str = ""
    state: str = ""

    @property
    def federal_parts(self) -> list[str]:
        """LEAID, SCHID and both together (COMBOKEY)."""
        return [self.federal[:7], self.federal[7:], self.federal]


Known = Mapping[str, Numbers]
"""School numbers by the number that the roster gives the school."""
NO_NUMBERS: Final[Known] = MappingProxyType({})


def numbers_of(identifier: str, known: Known) -> Numbers:
    """A school's numbers: those of the file, otherwise the roster's identifier where it is such a number."""
    listed, digits = known.get(identifier, Numbers()), identifier.replace("-", "")
    own = {FEDERAL_DIGITS: Numbers(federal=digits), STATE_DIGITS: Numbers(state=digits)}.get(len(digits), Numbers())
    if not are_digits(digits):
        own = Numbers()
    return Numbers(listed.federal or own.federal, listed.state or own.state)


def district_of(states: list[str]) -> str:
    """The State's number of the district that all these schools belong to; '' when they share none."""
    parts = {number[:_DISTRICT_PART] for number in states if number}
    return parts.pop().ljust(STATE_DIGITS, "0") if len(parts) == 1 else ""


def are_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


OFFENSES: Final = (
    "SCH_OFFENSE_BATT", "SCH_OFFENSE_ROBWW", "SCH_OFFENSE_ROBWOW", "SCH_OFFENSE_ATTWW", "SCH_OFFENSE_ATTWOW",
    "SCH_OFFENSE_THRWW", "SCH_OFFENSE_THRWOW", "SCH_OFFENSE_POSSWX",
)  # fmt: skip
"""The gravest first: an incident counts once, under its gravest offense. Since 2020-21 firearms are among the weapons
(WW)."""
ALLEGATIONS: Final = (
    "SCH_HBALLEGATIONS_SEX", "SCH_HBALLEGATIONS_RAC", "SCH_HBALLEGATIONS_DIS", "SCH_HBALLEGATIONS_ORI",
    "SCH_HBALLEGATIONS_REL",
)  # fmt: skip
NOT_HELD: Final = (
    "SCH_OFFENSE_RAPE", "SCH_FIREARM_IND", "SCH_HOMICIDE_IND", "SCH_DISC*_EXPWE_*", "SCH_DISC*_EXPWOE_*",
    "SCH_DISC*_EXPZT_*", "SCH_DISC*_ARR_*", "SCH_DISC*_CORP_*", "SCH_HBREPORTED_*", "SCH_HBDISCIPLINED_*",
    "SCH_PSDISC_*", "SCH_PSOOSINSTANCES_*", "SCH_RSINSTANCES_MECH_*", "SCH_RS_*_MECH_*",
)  # fmt: skip
"""Columns left out because no record here tells them apart; a zero would be a false claim."""

BIAS: Final = {
    "sex": "SCH_HBALLEGATIONS_SEX",
    "gender_identity": "SCH_HBALLEGATIONS_SEX",
    "race": "SCH_HBALLEGATIONS_RAC",
    "immigration": "SCH_HBALLEGATIONS_RAC",
    "disability": "SCH_HBALLEGATIONS_DIS",
    "sexual_orientation": "SCH_HBALLEGATIONS_ORI",
    "religion": "SCH_HBALLEGATIONS_REL",
}
AT_SCHOOL: Final = frozenset({Place.ON_GROUNDS, Place.VEHICLE, Place.SCHOOL_EVENT, None})
"""Places where an offense counts. A place not known yet counts as the school."""
RACES: Final = {
    "hispanic": "HI", "american_indian": "AM", "asian": "AS", "pacific_islander": "HP", "black": "BL",
    "white": "WH", "two_or_more": "TR",
}  # fmt: skip
SEXES: Final = {"male": "M", "female": "F"}
MEASURES: Final = ("ISS", "SINGOOS", "MULTOOS", "TFRALT", "REF")
SUSPENDED: Final = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION
STUDENT_MEASURE: Final = {DisciplineKind.IN_SCHOOL_SUSPENSION: "ISS", DisciplineKind.ALTERNATIVE_PLACEMENT: "TFRALT"}
INFORMAL: Final = frozenset({DisciplineKind.SENT_HOME, DisciplineKind.EARLY_PICK_UP, DisciplineKind.BUS_REMOVAL})
RESTRAINTS: Final = {RestraintKind.PHYSICAL_RESTRAINT: "PHYS", RestraintKind.ISOLATED_TIME_OUT: "SECL"}
IDENTITY: Final = ("LEAID", "SCHID", "COMBOKEY")
UPLOAD_ID: Final = "SCH_ID"
"""The upload's name for the last of these."""
STANDINGS: Final = ("WODIS", "IDEA", "504")
OURS: Final = (
    "expulsion_students", "expulsion_instances", "informal_removal_students", "informal_removal_instances",
    "referral_instances", "students_not_placed", "learners_not_known", "cells_not_reported",
)  # fmt: skip
"""Our own columns, at the end of the file: where the collection splits further than our records do, or has no
column."""


@dataclass(frozen=True)
class Pupil:
    """A student's marks in today's roster; None is not known."""

    race: str | None
    sex: str | None
    iep: bool | None
    section_504: bool | None
    learner: bool | None


def standing(pupil: Pupil) -> str | None:
    """'IDEA', '504' (Section 504 alone) or 'WODIS' (neither); None when the roster does not say."""
    if pupil.iep:
        return "IDEA"
    if pupil.iep is None or pupil.section_504 is None:
        return None
    return "504" if pupil.section_504 else "WODIS"


@lru_cache(maxsize=5_000)
def _fillings(pupil: Pupil) -> tuple[Pupil, ...]:
    races = (pupil.race,) if pupil.race in RACES else tuple(RACES)
    sexes = (pupil.sex,) if pupil.sex is not None else tuple(SEXES)
    plans = _either(pupil.iep), _either(pupil.section_504)
    return tuple(Pupil(*marks) for marks in product(races, sexes, *plans, _either(pupil.learner)))


def _either(mark: bool | None) -> tuple[bool, ...]:
    return (True, False) if mark is None else (mark,)


def cells(measure: str, pupil: Pupil) -> list[str]:
    """The columns in which a student counts for a measure; empty when a mark they need is not known."""
    group_key, sex, race = standing(pupil), SEXES.get(pupil.sex or ""), RACES.get(pupil.race or "")
    if group_key is None or sex is None or race is None:
        return []
    if group_key == "504":
        return [f"SCH_DISCWDIS_{measure}_504_{sex}"]
    prefix = f"SCH_DISCWODIS_{measure}" if group_key == "WODIS" else f"SCH_DISCWDIS_{measure}"
    group = race if group_key == "WODIS" else f"IDEA_{race}"
    return [f"{prefix}_{group}_{sex}", *([f"{prefix}_EL_{sex}"] if pupil.learner else [])]


def by_standing(prefix: str, pupil: Pupil) -> list[str]:
    """The column of an instance by its student's disability; empty when that is not known."""
    plan = standing(pupil)
    return [f"{prefix}_{plan}"] if plan else []


def missed(pupil: Pupil) -> list[str]:
    """The columns of a student's days missed: by race, as a learner, or with a plan; empty when the sex is not
    known."""
    sex, plan = SEXES.get(pupil.sex or ""), standing(pupil)
    groups = [RACES.get(pupil.race or ""), "EL" if pupil.learner else None, plan if plan != "WODIS" else None]
    return [f"SCH_DAYSMISSED_{group}_{sex}" for group in groups if group and sex]


def restrained(kind: str, pupil: Pupil) -> list[str]:
    """The columns of a student restrained or secluded: with or without an IEP, by race, as a learner, or with a Section
    504 plan alone; empty when a mark they need is not known."""
    race, sex = RACES.get(pupil.race or ""), SEXES.get(pupil.sex or "")
    if pupil.iep is None or race is None or sex is None:
        return []
    alone = not pupil.iep and pupil.section_504
    groups = [race, "EL" if pupil.learner else None, "504" if alone else None]
    prefix = f"SCH_RS_{'IDEA' if pupil.iep else 'NONIDEA'}_{kind}"
    return [f"{prefix}_{group}_{sex}" for group in groups if group]


def federal_columns() -> tuple[str, ...]:
    """Every column of the file after those that name the school."""
    sexes, races = SEXES.values(), RACES.values()
    students: list[str] = []
    for measure in MEASURES:
        for prefix, middle in ((f"SCH_DISCWODIS_{measure}_", ""), (f"SCH_DISCWDIS_{measure}_", "IDEA_")):
            students += [f"{prefix}{middle}{race}_{sex}" for race in races for sex in sexes]
            students += [f"{prefix}EL_{sex}" for sex in sexes]
        students += [f"SCH_DISCWDIS_{measure}_504_{sex}" for sex in sexes]
    instances = [f"SCH_OOSINSTANCES_{plan}" for plan in STANDINGS]
    instances += [f"SCH_RSINSTANCES_{kind}_{plan}" for kind in RESTRAINTS.values() for plan in STANDINGS]
    for kind, plan in product(RESTRAINTS.values(), ("NONIDEA", "IDEA")):
        groups = (*races, "EL", *(("504",) if plan == "NONIDEA" else ()))
        students += [f"SCH_RS_{plan}_{kind}_{group}_{sex}" for group in groups for sex in sexes]
    missed = [f"SCH_DAYSMISSED_{group}_{sex}" for group in (*races, "EL", "504", "IDEA") for sex in sexes]
    return (*OFFENSES, *ALLEGATIONS, *students, *instances, *missed, *OURS)


def offense(mapped: Collection[str], weapon: str | None) -> str | None:
    """The column of an incident's gravest offense, by the columns of its behaviors and its weapon; None without an
    offense."""
    ending = "WW" if weapon in ("firearm", "other") else "WOW"
    armed = {column[: -len("WOW")] + ending if column.endswith("WOW") else column for column in mapped}
    carried = "SCH_OFFENSE_POSSWX" if weapon == "firearm" else None
    return next((column for column in OFFENSES if column in armed), carried)


def allegations(mapped: Collection[str], bullying: bool, bias: str | None) -> set[str]:
    by_bias = {BIAS[bias]} if bullying and bias in BIAS else set()
    return {column for column in mapped if column in ALLEGATIONS} | by_bias


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
    columns = federal_columns()
    rows = [
        [number, name, network, *numbers_of(number, known).federal_parts, *(placed.cell(key, col) for col in columns)]
        for key, number, name, network in schools(actor, scope, counts)
    ]
    begins = ("school_id", "school", "network", *IDENTITY)
    document = head("crdc", scope, school) | {
        "not_held": list(NOT_HELD),
        "undecided_incidents": undecided,
        "students_not_known": len(placed.unknown),
        "schools": with_counts(begins, columns, rows),
    }
    total: Counter[str] = sum(counts.values(), Counter())
    words = [
        *about(scope.year, school),
        (_("Columns that no record here can fill"), ", ".join(NOT_HELD)),
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
    at = report.columns.index(IDENTITY[-1])
    places = [place for place, name in enumerate(report.columns) if name.startswith("SCH_")]
    rows = [[row[at], *(row[place] for place in places)] for row in report.rows if row[at]]
    columns = (UPLOAD_ID, *(report.columns[place] for place in places))
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
            or_(BehaviorCode.crdc != "", Incident.weapon == "firearm", Incident.bias_basis.in_(list(BIAS))),
        )
    )  # fmt: skip
    for row in db.session.execute(statement):
        rows[row.id] = row
        mapped[row.id].add(row.crdc or "")
    undecided = 0
    for incident_id, row in rows.items():
        bullying = row.tile == Tile.BULLYING or (row.facts or {}).get("bullying") is True
        for ground in allegations(mapped[incident_id], bullying, row.bias_basis):
            counts[row.school_id][ground] += 1
        column = offense(mapped[incident_id], row.weapon)
        if column is None or row.place not in AT_SCHOOL or row.outcome_reason == "unfounded":
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
        self.pupils: dict[int, Pupil] = {}
        self.open: dict[int, set[str]] = defaultdict(set)
        """Columns, by school, that may be missing a student because the roster does not say enough."""
        self.unknown: set[int] = set()

    def cell(self, school_id: int, column: str) -> int | None:
        """A number; None where a zero would claim more than the roster says."""
        return self.counts[school_id][column] or (None if column in self.open[school_id] else 0)

    def may_be(self, school_id: int, student_id: int, pupil: Pupil, of: Callable[[Pupil], list[str]]) -> None:
        """Record the columns a student may belong to besides those of `of`: each unknown mark takes every value."""
        fillings = (column for filling in _fillings(pupil) for column in of(filling))
        if others := frozenset(fillings) - frozenset(of(pupil)):
            self.open[school_id] |= others
            self.unknown.add(student_id)

    def add(self, school_id: int, measure: str, student_id: int, pupil: Pupil) -> None:
        self.pupils[student_id] = pupil
        self.times[school_id, measure, student_id] += 1

    def finish(self) -> None:
        """Turn instances into students: one suspension or several; every other measure once."""
        unplaced: set[tuple[int, int]] = set()
        unknown: set[tuple[int, int]] = set()
        for (school_id, measure, student_id), times in self.times.items():
            pupil = self.pupils[student_id]
            if measure in OURS:
                self.counts[school_id][measure] += 1
                continue
            name = measure if measure != "OOS" else "SINGOOS" if times == 1 else "MULTOOS"
            columns = cells(name, pupil)
            self.counts[school_id].update(columns)
            self.may_be(school_id, student_id, pupil, partial(cells, name))
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
        pupil, counts = Pupil(*row[4:]), placed.counts[school_id]
        if kind in STUDENT_MEASURE:
            placed.add(school_id, STUDENT_MEASURE[kind], student_id, pupil)
        elif kind is DisciplineKind.EXPULSION:
            placed.add(school_id, "expulsion_students", student_id, pupil)
            counts["expulsion_instances"] += 1
        elif kind in INFORMAL:
            placed.add(school_id, "informal_removal_students", student_id, pupil)
            counts["informal_removal_instances"] += 1
        elif kind is SUSPENDED:
            placed.add(school_id, "OOS", student_id, pupil)
            for of, number in ((partial(by_standing, "SCH_OOSINSTANCES"), 1), (missed, days)):
                counts.update(dict.fromkeys(of(pupil), number))
                placed.may_be(school_id, student_id, pupil, of)


def _referrals(actor: Actor, scope: Scope, placed: _Placed) -> None:
    for row in db.session.execute(students_notified(actor, scope, *MARKS)):
        placed.add(row[0], "REF", row[1], Pupil(*row[2:]))
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
        school_id, kind, student_id, pupil = *row[:3], Pupil(*row[3:])
        if kind not in RESTRAINTS:
            continue
        name = RESTRAINTS[kind]
        ways = [partial(by_standing, f"SCH_RSINSTANCES_{name}")]
        if (school_id, kind, student_id) not in seen:
            ways.append(partial(restrained, name))
            seen.add((school_id, kind, student_id))
        for of in ways:
            placed.counts[school_id].update(of(pupil))
            placed.may_be(school_id, student_id, pupil, of)
