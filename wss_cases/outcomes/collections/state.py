"""The State's counts of a school year: removals and police referrals by school, zero where there was none."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from anyascii import anyascii
from sqlalchemy import Row, case, select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.collections.federal import NO_NUMBERS, Known, numbers_of, schools, with_counts
from wss_cases.outcomes.counting.repair.police import notified, students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents import Report, about, head
from wss_cases.roster.directory.models import Enrolment, School, Student
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import (
    WITHOUT_END,
    DisciplineAction,
    DisciplineKind,
    Span,
    dates_of,
)
from wss_cases.safeguards.police.review.models import PoliceNotification

TYPES: Final = {
    "08": "Alcohol",
    "09": "Violence with physical injury",
    "10": "Violence without physical injury",
    "11": "Drug offenses",
    "12": "Dangerous weapon: firearm, handgun",
    "13": "Dangerous weapon: firearm, shotgun",
    "14": "Dangerous weapon: firearm, rifle",
    "15": "Dangerous weapon: firearm, multiple",
    "16": "Dangerous weapon: other",
    "17": "Dangerous weapon: firearm, other",
    "18": "Other reason",
    "19": "Tobacco",
}
"""The State Board's incident types. A report does not record the kind of firearm, so every firearm counts as "other"
(17)."""
ANY_FIREARM: Final = "17"
FIREARMS: Final = ("12", "13", "14", "15")
UNCONFIRMED: Final = ("08", "09", "11", "16", "18", "19")
"""Types to be checked with the State Board; the file says so."""
NO_REPORT: Final = "no_report"
KINDS: Final = (
    DisciplineKind.OUT_OF_SCHOOL_SUSPENSION.value,
    DisciplineKind.EXPULSION.value,
    DisciplineKind.ALTERNATIVE_PLACEMENT.value,
)
REFERRAL: Final = "police_referral"
SUBSTANCES: Final = {
    "alcohol": "08", "cannabis": "11", "narcotic_or_meth": "11", "other_drug": "11", "tobacco_vape": "19",
}  # fmt: skip
VIOLENCE: Final = ("SCH_OFFENSE_ATT", "SCH_OFFENSE_ROB", "SCH_OFFENSE_THR", "SCH_OFFENSE_BATT")
CONTACT: Final = "04669"
"""Physical contact without an offense of the federal list, by its CEDS code."""
HURT: Final = ("minor", "needed_care")
NOT_KNOWN: Final = "not_known"
RACES: Final = (
    "hispanic", "american_indian", "asian", "pacific_islander", "black", "white", "two_or_more", "not_known",
)  # fmt: skip
SEXES: Final = ("female", "male", "other", "not_known")
LEARNERS: Final = ("yes", "no", "not_known")
DISABILITIES: Final = ("iep", "section_504", "no", "not_known")
"""An individualized plan (IDEA) counts before a plan under Section 504 alone."""
GRADES: Final = (*(str(grade) for grade in range(-1, 13)), "not_known")
GROUPS: Final = {
    "race": RACES, "sex": SEXES, "english_learner": LEARNERS, "disability": DISABILITIES, "grade": GRADES,
}  # fmt: skip
LENGTHS: Final = ("0_days", "1_day", "2_to_3_days", "4_to_10_days", "11_and_more_days")
NO_LENGTH: Final = "length_not_known"
"""For a removal without an end, and for what has no length, such as a referral."""


def incident_type(
    weapon: str | None, substance: str | None, injury: str | None, federal: set[str], ceds: set[str]
) -> str:
    """The State's type of a report: weapons first, then substances, then violence, otherwise "other reasons"."""
    if weapon in ("firearm", "other"):
        return ANY_FIREARM if weapon == "firearm" else "16"
    if (substance or "") in SUBSTANCES:
        return SUBSTANCES[substance or ""]
    if CONTACT in ceds or any(code.startswith(VIOLENCE) for code in federal):
        return "09" if injury in HURT else "10"
    return "18"


def length(days: int) -> str:
    if days <= 1:
        return LENGTHS[max(days, 0)]
    return LENGTHS[2] if days <= 3 else LENGTHS[3] if days <= 10 else LENGTHS[4]


def disability(has_iep: bool | None, has_504: bool | None) -> str:
    """The disability that the roster names. Not known where it is silent about either plan and names none."""
    if has_iep or has_504:
        return DISABILITIES[0] if has_iep else DISABILITIES[1]
    return DISABILITIES[3] if has_iep is None or has_504 is None else DISABILITIES[2]


def claims(counts: Mapping[str, int]) -> set[str]:
    """The columns in which a zero would claim more than the roster or the records say about someone counted."""
    unknown = [name for name in GROUPS if counts.get(f"{name}_{NOT_KNOWN}")]
    columns = {f"{name}_{key}" for name in unknown for key in GROUPS[name] if key != NOT_KNOWN}
    if counts.get(f"type_{ANY_FIREARM}"):
        columns |= {f"type_{code}" for code in FIREARMS}
    if counts.get(NO_LENGTH):
        columns |= {"days", *(f"length_{band}" for band in LENGTHS)}
    return columns


def columns_rule() -> tuple[str, ...]:
    """Every column of the file after the school's own and the kind."""
    types = [f"type_{code}" for code in (*TYPES, NO_REPORT)]
    bands = [*(f"length_{band}" for band in LENGTHS), NO_LENGTH]
    students = [f"{name}_{key}" for name, keys in GROUPS.items() for key in keys]
    return ("instances", "students", "days", *types, *bands, *students)


STUDENT_COLUMNS: Final = (
    "student_id", "last_name", "first_name", "birth_date", "rcdts_home", "rcdts_serving", "incident_date",
    "incident_number", "incident_case_id", "action", "disciplinary_action", "incident_type", "disability_type",
    "disciplinary_duration",
)  # fmt: skip
"""Columns of a row per student and action. `action` is ours: what the State's code in `disciplinary_action` stands
for."""
NO_DISABILITY: Final = "99"
HALF: Final = 0.5
"""The least duration that the State's file takes; also the value of a half day of school."""


CHANGED_COLUMNS: Final = ("row", "column", "before", "after")
"""Columns of the list of changed names. `row` counts from 1 and the headings are row 1, as a spreadsheet shows it."""


def letters(name: str) -> str:
    """A name in the letters, spaces and hyphens that the State's file takes. Other letters and scripts are
    transliterated, sounds that the script does not write are missing; signs such as an apostrophe are left out."""
    spelled = (anyascii(character) for character in name if unicodedata.category(character)[0] != "S")
    return re.sub(r"[^A-Za-z -]", "", "".join(spelled)).strip()


def duration(days: Iterable[date], calendar: SchoolDays) -> str:
    """The length of a removal in school days, a half day as 0.5; '' where it takes none."""
    number = sum(HALF if calendar.is_half(day) else 1 for day in days)
    return f"{number:.1f}" if number else ""


MARKS = (
    Student.race_ethnicity, Student.sex, Student.is_english_learner, Student.has_iep, Student.has_504, Student.grade,
)  # fmt: skip


class _Counting:
    """Counts every instance, and each student once per school and kind."""

    def __init__(self) -> None:
        self.counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        self.seen: set[tuple[int, str, int]] = set()
        self.unknown: set[int] = set()

    def cells(self, school_id: int, kind: str) -> list[int | None]:
        """A row's numbers; None where a zero would claim more than the records say."""
        counts = self.counts[school_id, kind]
        claimed = claims(counts)
        return [counts[column] or (None if column in claimed else 0) for column in columns_rule()]

    def instance(self, school_id: int, kind: str, type_code: str, days: int | None) -> None:
        counts = self.counts[school_id, kind]
        counts["instances"] += 1
        counts[f"type_{type_code}"] += 1
        counts["days"] += days or 0
        counts[NO_LENGTH if days is None else f"length_{length(days)}"] += 1

    def student(self, school_id: int, kind: str, student_id: int, marks: Any) -> None:
        """Count a student in the groups that the roster names today."""
        if (school_id, kind, student_id) in self.seen:
            return
        self.seen.add((school_id, kind, student_id))
        counts, (race, sex, learner, has_iep, has_504, grade) = self.counts[school_id, kind], marks
        counts["students"] += 1
        if None in (race, sex, learner, grade) or disability(has_iep, has_504) == NOT_KNOWN:
            self.unknown.add(student_id)
        counts[f"race_{race if race in RACES else 'not_known'}"] += 1
        counts[f"sex_{sex if sex in SEXES else 'not_known'}"] += 1
        counts[f"english_learner_{'not_known' if learner is None else 'yes' if learner else 'no'}"] += 1
        counts[f"disability_{disability(has_iep, has_504)}"] += 1
        counts[f"grade_{grade if str(grade) in GRADES else 'not_known'}"] += 1


def state(actor: Actor, scope: Scope, school: str | None, known: Known = NO_NUMBERS) -> Report:
    counting = _Counting()
    _removals(actor, scope, counting)
    _referrals(actor, scope, counting)
    columns = columns_rule()
    keys = {school_id for school_id, _kind in counting.counts}
    rows = [
        [number, name, network, numbers_of(number, known).state, kind, *counting.cells(school_id, kind)]
        for school_id, number, name, network in schools(actor, scope, keys)
        for kind in (*KINDS, REFERRAL)
    ]
    begins = ("school_id", "school", "network", "rcdts", "kind")
    document = head("state", scope, school) | {
        "incident_types": TYPES,
        "check_with_the_state": list(UNCONFIRMED),
        "students_not_known": len(counting.unknown),
        "rows": with_counts(begins, columns, rows),
    }
    words = [
        *about(scope.year, school),
        *((f"type_{code}", label) for code, label in TYPES.items()),
        (_("Types to be checked with the State Board"), ", ".join(UNCONFIRMED)),
        (
            _("Cells left empty, not zero: report them as not reported. The roster does not give enough about them"),
            str(sum(row.count(None) for row in rows)),
        ),
        (_("Students with no race, sex, disability, language, or grade in the roster"), str(len(counting.unknown))),
        (_("Schools without the collection’s number"), str(len({row[0] for row in rows if not row[3]}))),
    ]
    return Report("state", document, (*begins, *columns), rows, words)


def _removals(actor: Actor, scope: Scope, counting: _Counting) -> None:
    action = DisciplineAction
    conditions = [*removed(actor, scope), action.kind.in_(KINDS)]
    types = types_of(select(action.incident_id).where(*conditions, action.incident_id.is_not(None)))
    statement = select(action.school_id, action.kind, action.incident_id, action.days, action.student_id, *MARKS)
    for row in db.session.execute(statement.join(Student, Student.id == action.student_id).where(*conditions)):
        school_id, kind, incident_id, days, student_id = row[:5]
        known = None if kind in WITHOUT_END and not days else days
        counting.instance(school_id, kind.value, types.get(incident_id, NO_REPORT), known)
        counting.student(school_id, kind.value, student_id, row[5:])


def _referrals(actor: Actor, scope: Scope, counting: _Counting) -> None:
    made = PoliceNotification
    conditions = notified(actor, scope)
    types = types_of(select(made.incident_id).where(*conditions))
    for school_id, incident_id in db.session.execute(select(made.school_id, made.incident_id).where(*conditions)):
        counting.instance(school_id, REFERRAL, types[incident_id], None)
    for row in db.session.execute(students_notified(actor, scope, *MARKS)):
        counting.student(row[0], REFERRAL, row[1], row[2:])


def types_of(ids: Any) -> dict[int | None, str]:
    """The State's incident type by report id."""
    acted = (IncidentPerson.incident_id == Incident.id) & IncidentPerson.role.in_(ACTED)
    statement = (
        select(Incident.id, Incident.weapon, Incident.substance, Incident.injury, BehaviorCode.crdc, BehaviorCode.ceds)
        .outerjoin(IncidentPerson, acted)
        .outerjoin(BehaviorCode, BehaviorCode.id == IncidentPerson.behavior_code_id)
        .where(Incident.id.in_(ids))
    )
    rows: dict[int, Any] = {}
    federal: dict[int, set[str]] = defaultdict(set)
    ceds: dict[int, set[str]] = defaultdict(set)
    for row in db.session.execute(statement):
        rows[row.id] = row
        federal[row.id].add(row.crdc or "")
        ceds[row.id].add(row.ceds or "")
    return {
        key: incident_type(row.weapon, row.substance, row.injury, federal[key], ceds[key]) for key, row in rows.items()
    }


_NUMBER = case((School.identifier != "", School.identifier), else_=School.sourced_id)


def state_students(
    actor: Actor, scope: Scope, school: str | None, known: Known, codes: Mapping[str, str]
) -> tuple[Report, dict[int, int]]:
    """The file, and the number of students in it by their school. `codes` are the State's codes for kinds of
    removal."""
    chosen = [*removed(actor, scope), DisciplineAction.kind.in_(KINDS)]
    types = types_of(select(DisciplineAction.incident_id).where(*chosen, DisciplineAction.incident_id.is_not(None)))
    removals = db.session.execute(_removals_students(chosen)).all()
    homes = _homes(chosen)
    calendars = {
        school_id: school_days(school_id) for school_id in {removal.DisciplineAction.school_id for removal in removals}
    }
    rows, turns = [], Counter[tuple[int, date | None]]()
    for removal in removals:
        action, student, day = removal.DisciplineAction, removal.Student, removal.local_date
        turns[student.id, day] += 1
        calendar, kind = calendars[action.school_id], action.kind.value
        rows.append([
            student.student_number, letters(student.family_name), letters(student.given_name),
            _day(student.birth_date), numbers_of(_home(homes, student.id, day or action.starts_on), known).state,
            numbers_of(removal.identifier, known).state, _day(day), f"{turns[student.id, day]:02d}",
            removal.reference or "", kind, codes.get(kind, ""), types.get(action.incident_id, ""),
            NO_DISABILITY if student.has_iep is False else "",
            duration(_dates(action, calendar), calendar),
        ])  # fmt: skip
    changed = _changed_names([removal.Student for removal in removals])
    document = head("state_students", scope, school) | {
        "rows": [dict(zip(STUDENT_COLUMNS, row, strict=True)) for row in rows],
        "changed_names": changed,
    }
    words = [*_about(scope, school, rows), (_("Names written in other letters than in the roster"), str(len(changed)))]
    report = Report("state_students", document, STUDENT_COLUMNS, rows, words)
    return report, {removal.Student.id: removal.DisciplineAction.school_id for removal in removals}


def _changed_names(students: Iterable[Student]) -> list[dict[str, Any]]:
    """The names of the rows' students that the file writes in other letters than the roster."""
    return [
        dict(zip(CHANGED_COLUMNS, (row, column, name, letters(name)), strict=True))
        for row, student in enumerate(students, start=2)
        for column, name in (("last_name", student.family_name), ("first_name", student.given_name))
        if letters(name) != name
    ]


def _removals_students(chosen: list[Any]) -> Any:
    return (
        select(DisciplineAction, Student, _NUMBER.label("identifier"), Incident.local_date, Incident.reference)
        .join(Student, Student.id == DisciplineAction.student_id)
        .join(School, School.id == DisciplineAction.school_id)
        .outerjoin(Incident, Incident.id == DisciplineAction.incident_id)
        .where(*chosen)
        .order_by(DisciplineAction.starts_on, DisciplineAction.id)
    )


def _homes(chosen: list[Any]) -> list[Row[Any]]:
    """Where the students of these removals were enrolled, and when."""
    theirs = select(DisciplineAction.student_id).where(*chosen)
    statement = select(Enrolment.student_id, _NUMBER.label("identifier"), Enrolment.starts_on, Enrolment.ends_on)
    joined = statement.join(School, School.id == Enrolment.school_id).where(Enrolment.student_id.in_(theirs))
    return list(db.session.execute(joined.order_by(Enrolment.starts_on.desc(), Enrolment.id)))


def _home(homes: list[Row[Any]], student_id: int, day: date) -> str:
    there = (
        enrolment.identifier
        for enrolment in homes
        if enrolment.student_id == student_id
        and enrolment.starts_on <= day
        and (enrolment.ends_on is None or day <= enrolment.ends_on)
    )
    return next(there, "")


def _dates(action: DisciplineAction, calendar: SchoolDays) -> Iterable[date]:
    """The school days of a removal; empty where it is shorter than a day, or has no end."""
    if not action.days and not (action.kind in WITHOUT_END and action.ends_on):
        return ()
    return dates_of(Span(action.kind, action.days, action.starts_on, action.ends_on), calendar)


def _about(scope: Scope, school: str | None, rows: list[list[Any]]) -> list[tuple[str, str]]:
    empty = {name: sum(not row[at] for row in rows) for at, name in enumerate(STUDENT_COLUMNS)}
    numbers = ", ".join(f"{name} {number}" for name, number in empty.items() if number)
    return [*about(scope.year, school), (_("Cells left empty, by column: no record says it"), numbers or "0")]


def _day(day: date | None) -> str:
    return f"{day:%m/%d/%Y}" if day else ""
