"""Pure decisions of a teacher's period: initials that tell students apart, the next question, when it is open."""

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
    """One goal of one student in a period: `row_id` names both, `who` are initials, `points` None while not marked."""

    row_id: int
    who: str
    goal: int
    words: str
    points: int | None

    @property
    def key(self) -> tuple[int, int]:
        """What tells this question from every other one."""
        return self.row_id, self.goal


@dataclass(frozen=True)
class OwnPeriod:
    """One period of today with its questions, students by initials; nothing of why they are asked."""

    school_id: int
    period: str
    hours: Hours
    questions: tuple[Question, ...]

    @property
    def students(self) -> int:
        """How many students are asked about."""
        return len({one.row_id for one in self.questions})

    @property
    def marked(self) -> int:
        """How many questions have an answer."""
        return sum(one.points is not None for one in self.questions)

    def question(self, row_id: int, goal: int) -> Question | None:
        """Return one question; None where nothing is asked about that goal of that student."""
        return next((one for one in self.questions if one.key == (row_id, goal)), None)

    def has_begun(self, now: datetime) -> bool:
        """Whether it can be marked: from its start until the day is over at its school."""
        return now >= self.hours.starts


def initials_apart(students: Iterable[Any]) -> dict[int, str]:
    """Return students' initials by id: "M. R."; where two are alike, more of the given name, then digits."""
    students = list(students)
    words = {one.id: _initials(one, 1) for one in students}
    for digits in (False, True):
        counts = Counter(words.values())
        words |= {one.id: _longer(one, digits) for one in students if counts[words[one.id]] > 1}
    return words


def _longer(student: Any, digits: bool) -> str:
    return f"{_initials(student, 3)} {last_digits(student.student_number)}" if digits else _initials(student, 3)


def _initials(student: Any, letters: int) -> str:
    given = (student.preferred_given_name or student.given_name).strip()
    family = (student.preferred_family_name or student.family_name).strip()
    return " ".join(f"{part}." for part in (given[:letters], family[:1]) if part)


def next_after(questions: Sequence[Question], key: tuple[int, int] | None) -> Question | None:
    """Return the next question without an answer, going on from one and round again; None when all have one."""
    keys = [one.key for one in questions]
    start = keys.index(key) + 1 if key in keys else 0
    ordered = [*questions[start:], *questions[:start]]
    return next((one for one in ordered if one.points is None and one.key != key), None)


@dataclass(frozen=True)
class _Taught:
    row: PeriodTeacher
    student: Student
    card: DailyCard
    day: DailyCardDay | None


def periods_today(whose: Select[Any], now: datetime) -> list[OwnPeriod]:
    """Return the periods of today in which students are asked about, in the order of the day.

    `whose`: a select of period teachers, narrowed to whom the reader may mark for. Absent students are not asked
    about, and nobody is on a day without school.
    """
    rows = _taught(whose)
    schools = {row[0].school_id for row in rows}
    periods: list[OwnPeriod] = []
    for school_id in sorted(schools):
        today = today_at(school_id, now)
        if school_days(school_id).is_school_day(today):
            periods += _of_school(school_id, today, [row for row in rows if row[0].school_id == school_id])
    return periods


def _taught(whose: Select[Any]) -> Sequence[Any]:
    statement = (
        whose.join(Pathway, Pathway.id == PeriodTeacher.pathway_id)
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
    initials = initials_apart(one.student for one in taught)
    ordered = sorted(taught, key=lambda one: (initials[one.student.id], one.row.id))
    return tuple(
        Question(one.row.id, initials[one.student.id], goal, words, points)
        for one in ordered
        for goal, (words, points) in enumerate(
            zip(one.card.expectations, marks_in(one.day, one.row.period, len(one.card.expectations)), strict=True)
        )
    )


def _days(card_ids: Sequence[int], today: date) -> dict[int, DailyCardDay]:
    statement = select(DailyCardDay).where(DailyCardDay.card_id.in_(card_ids), DailyCardDay.on_day == today)
    return {day.card_id: day for day in db.session.scalars(statement)}


def _absent(pathway_ids: Sequence[int], today: date) -> set[int]:
    missed = and_(MentoringSession.on_day == today, MentoringSession.missed.is_not(None))
    statement = select(MentoringSession.pathway_id).where(MentoringSession.pathway_id.in_(pathway_ids), missed)
    return set(db.session.scalars(statement))
