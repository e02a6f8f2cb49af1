"""After all rows: students' enrollments at schools, their guardians, and schools' grades."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select

from wss_cases.foundation import clock
from wss_cases.foundation.database import insert_rows
from wss_cases.roster.directory.models import Enrolment, School, Student
from wss_cases.roster.oneroster.formats import Mode
from wss_cases.roster.oneroster.ledger import BATCH, rows_among
from wss_cases.roster.oneroster.run import Place, Run

ENROLMENT: Any = Enrolment.__table__
SCHOOL: Any = School.__table__


@dataclass(frozen=True)
class Stay:
    """One stored enrollment."""

    id: int
    school_id: int
    grade: int | None
    starts_on: date
    ends_on: date | None


@dataclass
class Change:
    """The writes that make enrollments match the roster."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]


def agree(
    change: Change,
    student_id: int,
    standing: Sequence[Stay],
    wanted: Iterable[Place],
    grade: int | None,
    today: date,
    first_day: date,
    ends_others: bool,
) -> None:
    """Add to `change` what one student's enrollments need. Pure; the same input twice changes nothing the second time.

    Enrollment at a school that is no longer wanted ends yesterday; a new grade starts a new row today, so that last
    year's figures keep last year's grade.
    """
    places = list(wanted)
    for school_id, starts, ends in places:
        mine = [stay for stay in standing if stay.school_id == school_id]
        new = {"student_id": student_id, "school_id": school_id, "grade": grade}
        if not mine:
            _begin(change, new, starts or min(first_day, ends or first_day), ends)
            continue
        last = mine[-1]
        since = starts or (today if ends is None else last.ends_on)
        promoted = grade is not None and last.grade is not None and grade != last.grade and last.starts_on < today
        if last.ends_on is not None and since is not None and since > last.ends_on:
            _begin(change, new, max(starts or today, last.starts_on + timedelta(days=1)), ends)
        elif promoted:
            _end(change, last, today)
            _begin(change, new, today, ends)
        else:
            start = min(last.starts_on, starts or last.starts_on) if len(mine) == 1 else last.starts_on
            _amend(change, last, grade if grade is not None else last.grade, start, ends)
    if ends_others:
        wanted_schools = {place[0] for place in places}
        for stay in standing:
            if stay.school_id not in wanted_schools and (stay.ends_on is None or stay.ends_on >= today):
                _end(change, stay, today)


def _begin(change: Change, new: dict[str, Any], starts: date, ends: date | None) -> None:
    change.new.append({**new, "starts_on": starts, "ends_on": ends if ends is None else max(ends, starts)})


def _end(change: Change, stay: Stay, today: date) -> None:
    _amend(change, stay, stay.grade, stay.starts_on, max(stay.starts_on, today - timedelta(days=1)))


def _amend(change: Change, stay: Stay, grade: int | None, starts: date, ends: date | None) -> None:
    ends = ends if ends is None or ends >= starts else starts
    if (grade, starts, ends) != (stay.grade, stay.starts_on, stay.ends_on):
        change.changed.append({"row_id": stay.id, "new_grade": grade, "new_starts": starts, "new_ends": ends})


def settle_enrolments(run: Run) -> None:
    """Make enrollments match the places of this import's students."""
    first_day = clock.school_year_bounds(clock.school_year(run.today))[0] if run.is_first else run.today
    session = run.uow.session
    nobody_yet = session.scalar(_ANY_STAY.where(Student.source == run.source)) is None
    for batch in _students(run):
        stays = {} if nobody_yet else _stays(run, [student_id for student_id, _key in batch])
        change = Change([], [])
        for student_id, key in batch:
            grade, places = run.places.get(key, (None, ()))
            wanted = _join(places, run.spans.get(key, ()))
            standing = stays.get(student_id, ())
            agree(change, student_id, standing, wanted, grade, run.today, first_day, key in run.places)
        insert_rows(session, ENROLMENT, _STAY, [[row[name] for name in _STAY] for row in change.new])
        if change.changed:
            session.execute(_CHANGE, change.changed)


def _students(run: Run) -> Iterator[list[tuple[int, str]]]:
    """Yield in batches the id and key of each student whose places this import has read."""
    last = 0
    statement = select(Student.id, Student.sourced_id).where(Student.source == run.source).order_by(Student.id)
    while page := run.uow.session.execute(statement.where(Student.id > last).limit(BATCH)).all():
        last = page[-1][0]
        if batch := [(row[0], row[1]) for row in page if row[1] in run.places or row[1] in run.spans]:
            yield batch


def _join(places: Iterable[Place], spans: Iterable[Place]) -> list[Place]:
    # The list of schools tells whether a student is still there; classes tell since when.
    joined = {school_id: (starts, ends, True) for school_id, starts, ends in places}
    for school_id, starts, ends in spans:
        here = joined.get(school_id)
        if here is None:
            joined[school_id] = (starts, ends, False)
        else:
            joined[school_id] = (min((d for d in (here[0], starts) if d), default=None), here[1], True)
    return [(school_id, starts, ends) for school_id, (starts, ends, _here) in joined.items()]


def _stays(run: Run, student_ids: list[int]) -> dict[int, list[Stay]]:
    names = ("student_id", "id", "school_id", "grade", "starts_on", "ends_on")
    columns = [ENROLMENT.c[name] for name in names]
    rows = rows_among(run.uow.session, columns, (), ENROLMENT.c.student_id, student_ids)
    stays: dict[int, list[Stay]] = {}
    for row in sorted(rows, key=lambda row: row.starts_on):
        stays.setdefault(row[0], []).append(Stay(*row[1:]))
    return stays


def settle_links(run: Run) -> None:
    """Make the guardians of this import's students match its relationships."""
    by_users = run.modes.get("users") is Mode.BULK and run.links.count > 0
    complete = by_users or run.modes.get("relationships") is Mode.BULK
    run.links.settle(run.source, run.guardian_roles, complete)


def settle_grades(run: Run) -> None:
    """Give schools whose grades no one has set the lowest and highest grade of their students."""
    session = run.uow.session
    statement = (
        select(School.id, func.min(Student.grade), func.max(Student.grade))
        .join(Student, Student.school_id == School.id)
        .where(School.source == run.source, School.low_grade.is_(None), Student.is_active, Student.grade.is_not(None))
        .group_by(School.id)
    )
    values = [{"row_id": row[0], "new_low": row[1], "new_high": row[2]} for row in session.execute(statement)]
    if values:
        session.execute(_GRADES, values)


_CHANGE = (
    ENROLMENT.update()
    .where(ENROLMENT.c.id == bindparam("row_id"))
    .values(grade=bindparam("new_grade"), starts_on=bindparam("new_starts"), ends_on=bindparam("new_ends"))
)
_STAY = ("student_id", "school_id", "grade", "starts_on", "ends_on")
_ANY_STAY = select(Enrolment.id).join(Student, Student.id == Enrolment.student_id).limit(1)
_GRADES = (
    SCHOOL.update()
    .where(SCHOOL.c.id == bindparam("row_id"))
    .values(low_grade=bindparam("new_low"), high_grade=bindparam("new_high"), version=SCHOOL.c.version + 1)
)
