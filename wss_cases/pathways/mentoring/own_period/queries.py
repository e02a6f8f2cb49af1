"""Reading what a teacher is asked in their periods today. The caller narrows the statement to whose periods."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, select

from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.cells.actions import marks_in
from wss_cases.pathways.mentoring.own_period.rules import OwnPeriod, Question, initials_apart
from wss_cases.pathways.mentoring.periods.models import PeriodTeacher
from wss_cases.pathways.mentoring.periods.queries import PeriodsOfDay
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay, MentoringSession
from wss_cases.pathways.mentoring.plan.queries import LOGGED
from wss_cases.roster.directory.models import Student
from wss_cases.roster.directory.queries import get_school, school_days


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
