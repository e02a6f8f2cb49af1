"""The State's counts of a school year: removals and police referrals by school, zero where there was none."""

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.lists import ACTED
from wss_cases.outcomes.collections.federal.queries import schools, with_counts
from wss_cases.outcomes.collections.identity import NO_NUMBERS, Known, numbers_of
from wss_cases.outcomes.collections.state import rules
from wss_cases.outcomes.counting.repair.police import notified, students_notified
from wss_cases.outcomes.counting.repair.queries import removed
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents.rendering import Report, about, head
from wss_cases.roster.directory.models import Student
from wss_cases.safeguards.discipline.removals.models import WITHOUT_END, DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceNotification

MARKS = (
    Student.race_ethnicity, Student.sex, Student.is_english_learner, Student.has_iep, Student.has_504, Student.grade,
)  # fmt: skip


class _Counting:
    """Counts instances as they come and each student once a school and kind."""

    def __init__(self) -> None:
        self.counts: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        self.seen: set[tuple[int, str, int]] = set()
        self.unknown: set[int] = set()

    def cells(self, school_id: int, kind: str) -> list[int | None]:
        """Return a row's numbers; None where zero would be a claim that nothing here bears."""
        counts = self.counts[school_id, kind]
        claimed = rules.claims(counts)
        return [counts[one] or (None if one in claimed else 0) for one in rules.columns()]

    def instance(self, school_id: int, kind: str, type_code: str, days: int | None) -> None:
        """Count one removal or referral."""
        counts = self.counts[school_id, kind]
        counts["instances"] += 1
        counts[f"type_{type_code}"] += 1
        counts["days"] += days or 0
        counts[rules.NO_LENGTH if days is None else f"length_{rules.length(days)}"] += 1

    def student(self, school_id: int, kind: str, student_id: int, marks: Any) -> None:
        """Count a student in the groups that the roster names today."""
        if (school_id, kind, student_id) in self.seen:
            return
        self.seen.add((school_id, kind, student_id))
        counts, (race, sex, learner, has_iep, has_504, grade) = self.counts[school_id, kind], marks
        counts["students"] += 1
        if None in (race, sex, learner, grade) or rules.disability(has_iep, has_504) == rules.NOT_KNOWN:
            self.unknown.add(student_id)
        counts[f"race_{race if race in rules.RACES else 'not_known'}"] += 1
        counts[f"sex_{sex if sex in rules.SEXES else 'not_known'}"] += 1
        counts[f"english_learner_{'not_known' if learner is None else 'yes' if learner else 'no'}"] += 1
        counts[f"disability_{rules.disability(has_iep, has_504)}"] += 1
        counts[f"grade_{grade if str(grade) in rules.GRADES else 'not_known'}"] += 1


def state(actor: Actor, scope: Scope, school: str | None, known: Known = NO_NUMBERS) -> Report:
    """Return the State's counts by school and kind."""
    counting = _Counting()
    _removals(actor, scope, counting)
    _referrals(actor, scope, counting)
    columns = rules.columns()
    keys = {school_id for school_id, _kind in counting.counts}
    rows = [
        [number, name, network, numbers_of(number, known).state, kind, *counting.cells(school_id, kind)]
        for school_id, number, name, network in schools(actor, scope, keys)
        for kind in (*rules.KINDS, rules.REFERRAL)
    ]
    begins = ("school_id", "school", "network", "rcdts", "kind")
    document = head("state", scope, school) | {
        "incident_types": rules.TYPES,
        "check_with_the_state": list(rules.UNCONFIRMED),
        "students_not_known": len(counting.unknown),
        "rows": with_counts(begins, columns, rows),
    }
    words = [
        *about(scope.year, school),
        *((f"type_{code}", label) for code, label in rules.TYPES.items()),
        (_("Types to be checked with the State Board"), ", ".join(rules.UNCONFIRMED)),
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
    conditions = [*removed(actor, scope), action.kind.in_(rules.KINDS)]
    types = types_of(select(action.incident_id).where(*conditions, action.incident_id.is_not(None)))
    statement = select(action.school_id, action.kind, action.incident_id, action.days, action.student_id, *MARKS)
    for row in db.session.execute(statement.join(Student, Student.id == action.student_id).where(*conditions)):
        school_id, kind, incident_id, days, student_id = row[:5]
        known = None if kind in WITHOUT_END and not days else days
        counting.instance(school_id, kind.value, types.get(incident_id, rules.NO_REPORT), known)
        counting.student(school_id, kind.value, student_id, row[5:])


def _referrals(actor: Actor, scope: Scope, counting: _Counting) -> None:
    made = PoliceNotification
    conditions = notified(actor, scope)
    types = types_of(select(made.incident_id).where(*conditions))
    for school_id, incident_id in db.session.execute(select(made.school_id, made.incident_id).where(*conditions)):
        counting.instance(school_id, rules.REFERRAL, types[incident_id], None)
    for row in db.session.execute(students_notified(actor, scope, *MARKS)):
        counting.student(row[0], rules.REFERRAL, row[1], row[2:])


def types_of(ids: Any) -> dict[int | None, str]:
    """Return reports to their type."""
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
        key: rules.incident_type(row.weapon, row.substance, row.injury, federal[key], ceds[key])
        for key, row in rows.items()
    }
