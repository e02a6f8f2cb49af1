"""A teacher's periods of today: initials that tell students apart, the questions, and when a period is open."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, select

from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.mentoring.cells import marks_in
from wss_cases.pathways.mentoring.periods import Hours, PeriodsOfDay, PeriodTeacher
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay, MentoringSession
from wss_cases.pathways.mentoring.plan.queries import LOGGED
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.roster.directory.rules import last_digits


@dataclass(frozen=True)
class Question:
    """A goal of a student in a period. `row_id` identifies the teacher's row, `who` are initials, `points` None: not
    marked.
    """

    row_id: int
    who: str
    goal: int
    words: str
    points: int | None

    @property
    def key(self) -> tuple[int, int]:
        """The identity of this question among all others."""
        return self.row_id, self.goal


@dataclass(frozen=True)
class OwnPeriod:
    """A period of today with its questions. Students appear by initials, without the reason they are asked about."""

    school_id: int
    period: str
    hours: Hours
    questions: tuple[Question, ...]

    @property
    def students(self) -> int:
        return len({question.row_id for question in self.questions})

    @property
    def marked(self) -> int:
        """How many questions have an answer."""
        return sum(question.points is not None for question in self.questions)

    def question(self, row_id: int, goal: int) -> Question | None:
        """The question about a goal of a student; None when there is none."""
        return next((candidate for candidate in self.questions if candidate.key == (row_id, goal)), None)

    def has_begun(self, now: datetime) -> bool:
        """Whether it can be marked: from its start to the end of the day."""
        return now >= self.hours.starts


def initials_apart(students: Iterable[Any]) -> dict[int, str]:
    """Students' initials by id, such as "M. R."; equal ones get more letters of the given name, then digits."""
    students = list(students)
    words = {student.id: _initials(student, 1) for student in students}
    for digits in (False, True):
        counts = Counter(words.values())
        words |= {student.id: _longer(student, digits) for student in students if counts[words[student.id]] > 1}
    return words


def _longer(student: Any, digits: bool) -> str:
    return f"{_initials(student, 3)} {last_digits(student.student_number)}" if digits else _initials(student, 3)


def _initials(student: Any, letters: int) -> str:
    given = (student.preferred_given_name or student.given_name).strip()
    family = (student.preferred_family_name or student.family_name).strip()
    return " ".join(f"{part}." for part in (given[:letters], family[:1]) if part)


def next_after(questions: Sequence[Question], key: tuple[int, int] | None) -> Question | None:
    """The next question without an answer, from `key` onwards and then from the start; None when all are answered."""
    keys = [question.key for question in questions]
    start = keys.index(key) + 1 if key in keys else 0
    ordered = [*questions[start:], *questions[:start]]
    return next((question for question in ordered if question.points is None and question.key != key), None)


@dataclass(frozen=True)
class _Taught:
    row: PeriodTeacher
    student: Student
    card: DailyCard
    day: DailyCardDay | None


def periods_today(teachers: Select[Any], now: datetime) -> list[OwnPeriod]:
    """The periods of today with questions, in the order of the day.

    `whose`: a select of period teachers, limited to those the reader marks for. Absent students have no questions, and
    a day without school has none at all.
    """
    rows = _taught(teachers)
    schools = {row[0].school_id for row in rows}
    periods: list[OwnPeriod] = []
    for school_id in sorted(schools):
        today = today_at(school_id, now)
        if school_days(school_id).is_school_day(today):
            periods += _of_school(school_id, today, [row for row in rows if row[0].school_id == school_id])
    return periods


def _taught(teachers: Select[Any]) -> Sequence[Any]:
    statement = (
        teachers.join(Pathway, Pathway.id == PeriodTeacher.pathway_id)
        .join(Case, Case.id == PeriodTeacher.case_id)
        .join(CaseParticipant, CaseParticipant.id == Pathway.participant_id)
        .join(Student, Student.id == CaseParticipant.student_id)
        .join(DailyCard, DailyCard.pathway_id == PeriodTeacher.pathway_id)
        .add_columns(Student, DailyCard)
        .where(Pathway.state.in_(LOGGED), Case.state.in_(OPEN))
    )
    return db.session.execute(statement).all()


def _of_school(school_id: int, today: date, rows: Sequence[Any]) -> list[OwnPeriod]:
    days = PeriodsOfDay(existing(get_school(school_id)), today)
    on_day = _days([card.id for _row, _student, card in rows], today)
    absent = _absent([row.pathway_id for row, _student, _card in rows], today)
    taught: dict[str, list[_Taught]] = defaultdict(list)
    for row, student, card in rows:
        if row.period in card.periods and row.pathway_id not in absent:
            taught[row.period].append(_Taught(row, student, card, on_day.get(card.id)))
    names = sorted(taught, key=lambda period: (days.place(period), period))
    return [OwnPeriod(school_id, name, days.hours(name), _questions(taught[name])) for name in names]


def _questions(taught: Sequence[_Taught]) -> tuple[Question, ...]:
    initials = initials_apart(taught_student.student for taught_student in taught)
    ordered = sorted(taught, key=lambda taught_student: (initials[taught_student.student.id], taught_student.row.id))
    return tuple(
        Question(taught_student.row.id, initials[taught_student.student.id], goal, words, points)
        for taught_student in ordered
        for goal, (words, points) in enumerate(
            zip(
                taught_student.card.expectations,
                marks_in(taught_student.day, taught_student.row.period, len(taught_student.card.expectations)),
                strict=True,
            )
        )
    )


def _days(card_ids: Sequence[int], today: date) -> dict[int, DailyCardDay]:
    statement = select(DailyCardDay).where(DailyCardDay.card_id.in_(card_ids), DailyCardDay.on_day == today)
    return {day.card_id: day for day in db.session.scalars(statement)}


def _absent(pathway_ids: Sequence[int], today: date) -> set[int]:
    missed = and_(MentoringSession.on_day == today, MentoringSession.missed.is_not(None))
    statement = select(MentoringSession.pathway_id).where(MentoringSession.pathway_id.in_(pathway_ids), missed)
    return set(db.session.scalars(statement))
