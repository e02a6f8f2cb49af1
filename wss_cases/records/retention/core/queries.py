"""Reading for retention: the schedule, when students left, what a record holds, whose record is to be looked at."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, true, union

from wss_cases.access.actor import Actor, Role, in_schools
from wss_cases.cases.case.models import Case, CaseParticipant, CaseState
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.incidents.incident.models import CareRecord, Incident, IncidentPerson
from wss_cases.incidents.incident.states import UNDECIDED
from wss_cases.journal.models import Disclosure
from wss_cases.pathways.circles.circle.models import CircleOutsideKeeper
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.legal_holds import student_held
from wss_cases.records.retention.core.pages import (
    REVIEW_YEARS,
    DeletionItem,
    ItemState,
    Part,
    RecordReview,
    RetentionRule,
    ReviewWhy,
)
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.duties.duty.models import OPEN_DUTY, LegalDuty
from wss_cases.safeguards.police.review.models import NotifiedStudent, PoliceReview
from wss_cases.safeguards.questioning.models import Questioning
from wss_cases.safeguards.restraint import RestraintRecord


def years_after(day: date, years: int) -> date:
    """Return the first day on which so many whole years have passed; 29 February ends on 1 March where it must."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """Return the last day from which so many whole years have passed by this one."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


@dataclass(frozen=True)
class Schedule:
    """How many years each kind is kept after the student left, by part; what is in force on one day."""

    temporary: Mapping[str, int]
    permanent: Mapping[str, int]

    def years(self, kinds: Collection[str]) -> int:
        """Return how long a temporary record with these kinds is kept: it goes as one, when its longest kind may."""
        return max((self.temporary[kind] for kind in kinds if kind in self.temporary), default=self.longest)

    @property
    def longest(self) -> int:
        return max(self.temporary.values())

    @property
    def for_good(self) -> int:
        return max(self.permanent.values())


@dataclass(frozen=True)
class Due:
    """From when each part of a student's record may go; None while they have not left."""

    temporary: date | None
    permanent: date | None

    def part_on(self, today: date) -> Part | None:
        """Return what may go by now: the permanent part takes the temporary one along. None: nothing yet."""
        if self.permanent is not None and self.permanent <= today:
            return Part.PERMANENT
        return Part.TEMPORARY if self.temporary is not None and self.temporary <= today else None


def due_of(left_on: date | None, kinds: Collection[str], schedule: Schedule) -> Due:
    """Return from when the parts of a record may go."""
    if left_on is None:
        return Due(None, None)
    return Due(
        years_after(left_on, schedule.years(kinds)), years_after(left_on, max(schedule.for_good, schedule.years(kinds)))
    )


def why_due(reviewed: bool, left_and_due: bool, moved: bool) -> ReviewWhy:
    """Return the one reason that is shown for a record on the list."""
    if left_and_due:
        return ReviewWhy.LEFT
    if moved:
        return ReviewWhy.CHANGED_SCHOOL
    return ReviewWhy.KEPT_UNTIL if reviewed else ReviewWhy.FOUR_YEARS


def latest_keep(today: date) -> date:
    """Return the last day until which a decision may keep a record: it is looked at again within four years."""
    return years_after(today, REVIEW_YEARS)


def certificate(contents: Mapping[str, Any]) -> str:
    words = json.dumps(contents, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(words.encode("ascii")).hexdigest()


def reads_deletion(actor: Actor, deletion: Any) -> bool:
    """Auditors read every certificate; administrators and the district those of their schools."""
    return actor.has(Role.AUDITOR) or actor.covers(deletion.school_id, Role.ADMINISTRATOR, Role.DISTRICT)


def held_by_district(actor: Actor, hold: Any) -> bool:
    """A hold on a student or a case of the district's schools; one on a circle is its keepers'."""
    return hold.pathway_id is None and actor.covers(hold.school_id, Role.DISTRICT)


PAGE = 40


def schedule_rows(code: str | None = None) -> Sequence[RetentionRule]:
    rows = select(RetentionRule).where(true() if code is None else RetentionRule.code == code)
    return db.session.scalars(rows.order_by(RetentionRule.starts_on, RetentionRule.id)).all()


def rules_on(day: date) -> dict[str, RetentionRule]:
    in_force = (RetentionRule.starts_on <= day) & or_(RetentionRule.ends_on.is_(None), RetentionRule.ends_on >= day)
    return {row.code: row for row in db.session.scalars(select(RetentionRule).where(in_force))}


def schedule_on(day: date) -> Schedule:
    rows = rules_on(day).values()
    years = {part: {row.code: row.keep for row in rows if row.part is part} for part in Part}
    return Schedule(years[Part.TEMPORARY], years[Part.PERMANENT])


def left_on() -> ColumnElement[date | None]:
    """The last day of a student who is at no school any more; None while there is one, or when it is not known."""
    of = Enrolment.student_id == Student.id
    open_ended = select(Enrolment.id).where(of, Enrolment.ends_on.is_(None)).exists()
    last = select(func.max(Enrolment.ends_on)).where(of).scalar_subquery()
    return case((and_(not_(Student.is_active), ~open_ended), last), else_=None)


def record_school() -> ColumnElement[int | None]:
    """The school that keeps a student's record: theirs, or the last one they went to."""
    last = (
        select(Enrolment.school_id)
        .where(Enrolment.student_id == Student.id)
        .order_by(Enrolment.starts_on.desc(), Enrolment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(Student.school_id, last)


def _in_incident(model: Any) -> Any:
    return select(IncidentPerson.student_id).join(model, model.incident_id == IncidentPerson.incident_id)


KINDS: dict[str, tuple[Any, ...]] = {
    "incident": (select(IncidentPerson.student_id),),
    "case": (
        select(CaseParticipant.student_id),
        select(CircleOutsideKeeper.student_id).where(CircleOutsideKeeper.student_id.is_not(None)),
    ),
    "discipline": (select(DisciplineAction.student_id),),
    "restraint": (select(RestraintRecord.student_id),),
    "police": (_in_incident(PoliceReview), select(NotifiedStudent.student_id), select(Questioning.student_id)),
    "duty": (_in_incident(LegalDuty),),
    "care": (select(CareRecord.student_id),),
    # by the pathways of the case, which the index of questionnaires begins with
    "questionnaire": (
        select(CaseParticipant.student_id)
        .join(Pathway, Pathway.case_id == CaseParticipant.case_id)
        .join(Questionnaire, Questionnaire.pathway_id == Pathway.id)
        .where(Questionnaire.participant_id == CaseParticipant.id),
    ),
    "disclosure": (select(Disclosure.student_id),),
}
"""The students of whom there is a record of each kind."""


def _student_column(statement: Any) -> Any:
    return statement.selected_columns[0]


def kinds_of(student_ids: Collection[int]) -> dict[int, set[str]]:
    """Return which kinds the temporary record of each student holds."""
    kinds: dict[int, set[str]] = {student_id: set() for student_id in student_ids}
    for kind, statements in KINDS.items():
        for statement in statements:
            wanted = statement.where(_student_column(statement).in_(student_ids)).distinct()
            for student_id in db.session.scalars(wanted):
                kinds[student_id].add(kind)
    return kinds


def _has_record() -> ColumnElement[bool]:
    return or_(
        *(
            statement.where(_student_column(statement) == Student.id).exists()
            for statements in KINDS.values()
            for statement in statements
        )
    )


def still_open(student_id: int) -> bool:
    """Whether something of a student's record is not at its end: a report, a case, a duty."""
    cases = (
        select(Case.id)
        .join(CaseParticipant, CaseParticipant.case_id == Case.id)
        .where(CaseParticipant.student_id == student_id, Case.state != CaseState.CLOSED)
    )
    reports = (
        select(Incident.id)
        .join(IncidentPerson, IncidentPerson.incident_id == Incident.id)
        .where(IncidentPerson.student_id == student_id, Incident.state.in_(UNDECIDED))
    )
    duties = (
        select(LegalDuty.id)
        .join(IncidentPerson, IncidentPerson.incident_id == LegalDuty.incident_id)
        .where(IncidentPerson.student_id == student_id, LegalDuty.state.in_(OPEN_DUTY))
    )
    return any(db.session.scalar(statement.limit(1)) is not None for statement in (cases, reports, duties))


@dataclass(frozen=True)
class Looked:
    """A student's record with what the decision to keep or delete it needs.

    `kinds`: the kinds of rows in the temporary part of the record.
    """

    student: Student
    school_id: int
    left_on: date | None
    kinds: frozenset[str]
    due: Due
    why: ReviewWhy
    held: bool


def _latest(column: Any) -> Any:
    return (
        select(column)
        .where(RecordReview.student_id == Student.id)
        .order_by(RecordReview.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _moved() -> ColumnElement[bool]:
    """Whether the student came to their school from another one since their record was last looked at."""
    reviewed = select(func.max(RecordReview.decided_on)).where(RecordReview.student_id == Student.id)
    looked = reviewed.correlate_except(RecordReview)
    before = Enrolment.__table__.alias("before")
    elsewhere = (
        select(before.c.id)
        .where(
            before.c.student_id == Enrolment.student_id,
            before.c.school_id != Enrolment.school_id,
            before.c.starts_on < Enrolment.starts_on,
        )
        .exists()
    )
    return (
        select(Enrolment.id)
        .where(
            Enrolment.student_id == Student.id,
            Enrolment.school_id == Student.school_id,
            Enrolment.starts_on > func.coalesce(looked.scalar_subquery(), date(1900, 1, 1)),
            elsewhere,
        )
        .exists()
    )


def to_review(actor: Actor, today: date, after: int = 0, limit: int = PAGE) -> list[Looked]:
    """Return records of the actor's schools that are to be looked at, by the student's number.

    Every four years, after a change of school, when a record may go, and when the day is past until which it was kept.
    """
    schedule = schedule_on(today)
    gone, moved = left_on(), _moved()
    began = select(func.min(Enrolment.starts_on)).where(Enrolment.student_id == Student.id).scalar_subquery()
    reviewed, until = _latest(RecordReview.decided_on), _latest(RecordReview.keep_until)
    waits = (
        select(DeletionItem.id)
        .where(DeletionItem.student_id == Student.id, DeletionItem.state == ItemState.WAITING)
        .exists()
    )
    left_due = gone <= years_before(today, schedule.longest)
    over = or_(until.is_(None), until <= today)
    four = began <= years_before(today, REVIEW_YEARS)
    due = or_(moved, and_(over, or_(reviewed.is_not(None), four, left_due)))
    for_good = and_(gone <= years_before(today, schedule.for_good), over)
    statement = (
        _columns(gone, moved, reviewed, left_due)
        .where(
            Student.id > after,
            _went_to(actor),
            in_schools(record_school(), actor, Role.ADMINISTRATOR),
            or_(and_(_has_record(), due), for_good),
            ~waits,
        )
        .order_by(Student.id)
        .limit(limit)
    )
    return _looked([tuple(row) for row in db.session.execute(statement)], schedule)


def _went_to(actor: Actor) -> ColumnElement[bool]:
    """Students who are or once were at one of the actor's schools, as those are whose record one of them keeps: of
    which school that is, is not asked of all students of the district."""
    now = select(Student.id).where(in_schools(Student.school_id, actor, Role.ADMINISTRATOR))
    once = select(Enrolment.student_id).where(in_schools(Enrolment.school_id, actor, Role.ADMINISTRATOR))
    return Student.id.in_(union(now, once))


def _columns(gone: Any, moved: Any, reviewed: Any, left_due: Any) -> Any:
    school, held = record_school().label("keeper"), student_held(Student.id)
    return select(Student, school, gone, moved, reviewed.is_not(None), left_due, held)


def _looked(rows: Sequence[tuple[Any, ...]], schedule: Schedule) -> list[Looked]:
    kinds = kinds_of([row[0].id for row in rows])
    return [
        Looked(
            student, school_id, left, frozenset(kinds[student.id]), due_of(left, kinds[student.id], schedule),
            why_due(bool(reviewed), bool(left_due), bool(moved)), bool(held),
        )
        for student, school_id, left, moved, reviewed, left_due, held in rows
    ]  # fmt: skip


def get_looked(actor: Actor, student_id: int, today: date) -> Looked:
    """Return one student's record for whoever decides about it. Raises NotFound."""
    schedule = schedule_on(today)
    left_due = left_on() <= years_before(today, schedule.longest)
    row = db.session.execute(
        _columns(left_on(), _moved(), _latest(RecordReview.decided_on), left_due).where(
            Student.id == student_id, in_schools(record_school(), actor, Role.ADMINISTRATOR)
        )
    ).first()
    if row is None or row[1] is None:
        raise NotFound
    return _looked([tuple(row)], schedule)[0]


def due_now(student_id: int, part: Part, today: date) -> bool:
    """Whether this part of a student's record may go on this day, by what is in force on it."""
    row = db.session.execute(select(left_on()).where(Student.id == student_id)).first()
    kinds = kinds_of([student_id])[student_id]
    due = due_of(row[0] if row else None, kinds, schedule_on(today)).part_on(today)
    return due is part or due is Part.PERMANENT
