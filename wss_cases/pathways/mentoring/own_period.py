"""A teacher's own periods of today: one question per screen, students by initials, never why they are asked about."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, and_, select
from wtforms import HiddenField
from wtforms.validators import AnyOf, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.case.models import OPEN, Case, CaseParticipant
from wss_cases.cases.progress import open_only
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import time_words, today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.card import Cell, marks_in, write_cell
from wss_cases.pathways.mentoring.periods import Hours, PeriodsOfDay, PeriodTeacher, load_period_teacher, visible_to
from wss_cases.pathways.mentoring.plan.models import BEST_MARK, DailyCard, DailyCardDay, MentoringSession
from wss_cases.pathways.mentoring.plan.queries import LOGGED
from wss_cases.roster.directory.models import School, Student
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
    taught: dict[str, list[Any]] = defaultdict(list)
    for row, student, card in rows:
        if row.period in card.periods and row.pathway_id not in absent:
            taught[row.period].append((row, student, card, on_day.get(card.id)))
    names = sorted(taught, key=lambda period: (days.place(period), period))
    return [OwnPeriod(school_id, name, days.hours(name), _questions(taught[name])) for name in names]


def _questions(taught: Sequence[Any]) -> tuple[Question, ...]:
    """The questions of a period from its (teacher's row, student, card, day of the card), by initials."""
    initials = initials_apart(student for _row, student, _card, _day in taught)
    return tuple(
        Question(row.id, initials[student.id], goal, words, points)
        for row, student, card, day in sorted(taught, key=lambda each: (initials[each[1].id], each[0].id))
        for goal, (words, points) in enumerate(
            zip(card.expectations, marks_in(day, row.period, len(card.expectations)), strict=True)
        )
    )


def _days(card_ids: Sequence[int], today: date) -> dict[int, DailyCardDay]:
    statement = select(DailyCardDay).where(DailyCardDay.card_id.in_(card_ids), DailyCardDay.on_day == today)
    return {day.card_id: day for day in db.session.scalars(statement)}


def _absent(pathway_ids: Sequence[int], today: date) -> set[int]:
    missed = and_(MentoringSession.on_day == today, MentoringSession.missed.is_not(None))
    statement = select(MentoringSession.pathway_id).where(MentoringSession.pathway_id.in_(pathway_ids), missed)
    return set(db.session.scalars(statement))


TAKEN_BACK = "none"
ANSWERS = (*(str(mark) for mark in range(BEST_MARK + 1)), TAKEN_BACK)


class QuestionForm(BaseForm):
    """A question: the points, and the points it showed."""

    points = ShortText(validators=[AnyOf(ANSWERS, message=_l("Choose an answer."))], limit=10)
    seen = HiddenField(validators=[Optional(), AnyOf(ANSWERS)])

    @property
    def chosen(self) -> int | None:
        """The chosen points; None to remove them."""
        return int(self.points.data) if self.points.data != TAKEN_BACK else None

    @property
    def shown(self) -> int | None:
        """The points that were shown; None for none."""
        return int(self.seen.data) if self.seen.data and self.seen.data != TAKEN_BACK else None


@use_case
def mark_own(uow: UnitOfWork, row_id: int, goal: int, points: int | None, seen: int | None) -> int:
    """Mark a goal of a student in the actor's own period of today. Returns the id of the teacher's row.

    Raises NotFound for someone else's period. Raises Refused before it starts, and when someone marked it meanwhile.
    """
    pathway_id = existing(uow.session.scalar(select(PeriodTeacher.pathway_id).where(PeriodTeacher.id == row_id)))
    pathway = existing(uow.session.get(Pathway, pathway_id, with_for_update=True, populate_existing=True))
    row = uow.load(PeriodTeacher, row_id, Permission.PERIOD_MARK)
    open_only(pathway.case)
    if pathway.state not in LOGGED:
        raise Refused("", _("This student is no longer on your list."))
    today = today_at(row.school_id, uow.now)
    if not school_days(row.school_id).is_school_day(today):
        raise Refused("", _("There is no school today."))
    school = uow.session.get_one(School, row.school_id)
    if uow.now < PeriodsOfDay(school, today).hours(row.period).starts:
        raise Refused("", _("This period has not started yet."))
    write_cell(uow, pathway, today, Cell(row.period, goal, points, seen))
    return row.id


def answer_words() -> list[tuple[str, str]]:
    """The answers of a question, the best first: (points, words)."""
    return [("2", _("Yes")), ("1", _("Partly")), ("0", _("Not yet"))]


def hours_words(own: OwnPeriod, zone: str) -> str:
    """The hours of a period; '' when its school gave no times."""
    if not own.hours.known:
        return ""
    return f"{time_words(own.hours.starts, zone)} – {time_words(own.hours.ends, zone)}"


def period_words(own: OwnPeriod, zone: str) -> str:
    """The hours of a period and its number of students."""
    return dotted(hours_words(own, zone), ngettext("%(num)d student", "%(num)d students", own.students))


def progress(own: OwnPeriod) -> tuple[str, str]:
    """How much of a period is marked, and the tone of its tag."""
    words = _("%(marked)d of %(all)d answered", marked=own.marked, all=len(own.questions))
    return words, "moss" if own.marked == len(own.questions) else "sun"


def question_values(own: OwnPeriod, question: Question) -> dict[str, Any]:
    """The template values of a question, beside its form."""
    number = own.questions.index(question) + 1
    return {
        "question": question,
        "period": own.period,
        "where": _("Question %(number)d of %(all)d", number=number, all=len(own.questions)),
        "answers": answer_words(),
        "given": "" if question.points is None else str(question.points),
        "taken_back": TAKEN_BACK,
    }


def given_words(question: Question) -> str:
    """The answer of a question in words; '' for none."""
    return dict(answer_words()).get(str(question.points), "")


blueprint = Blueprint("own_periods", __name__, url_prefix="/period")


@blueprint.get("")
@gate(Permission.PERIOD_MARK)
def mine() -> Page:
    """The actor's periods of today that have questions."""
    return render_template("pathways/mentoring/own_period/mine.html", rows=rows_of(current_actor()))


def rows_of(actor: Actor) -> list[dict[str, Any]]:
    """A teacher's periods of today as rows of a list. A period that has not begun says when it does."""
    now = clock.now()
    rows = []
    for own in periods_today(visible_to(select(PeriodTeacher), actor), now):
        zone, begun = zone_of(own.school_id), own.has_begun(now)
        tag, tone = progress(own) if begun else (_("from %(time)s", time=time_words(own.hours.starts, zone)), "slate")
        rows.append(
            {
                "title": own.period,
                "meta": period_words(own, zone),
                "tag": tag,
                "tone": tone,
                "waits": not begun,
                "done": own.marked == len(own.questions),
                "href": url_for("own_periods.period", period_teacher_id=own.questions[0].row_id) if begun else None,
            }
        )
    return rows


def _own(actor: Actor, row_id: int) -> OwnPeriod | None:
    """The actor's period of today with this row; None while it cannot be marked. Raises NotFound for a row of someone
    else.
    """
    require(actor, Permission.PERIOD_MARK, load_period_teacher(row_id))
    own_periods = periods_today(visible_to(select(PeriodTeacher), actor), clock.now())
    own = next((candidate for candidate in own_periods if any(q.row_id == row_id for q in candidate.questions)), None)
    return own if own is not None and own.has_begun(clock.now()) else None


def _closed() -> Page:
    flash(_("This cannot be answered now. Nothing was saved."), "warning")
    return redirect(url_for("own_periods.mine"), 303)


@blueprint.get("/<int:period_teacher_id>")
@gate(Permission.PERIOD_MARK)
def period(period_teacher_id: int) -> Page:
    """Continue a period with its first unanswered question, or list its answers."""
    own = _own(current_actor(), period_teacher_id)
    if own is None:
        return _closed()
    first = next_after(own.questions, None)
    if first is not None and "all" not in request.args:
        return redirect(_address(first), 303)
    return render_template(
        "pathways/mentoring/own_period/period.html",
        period=own.period,
        rows=[_row(question) for question in own.questions],
        left=len(own.questions) - own.marked,
        go_on=_address(first) if first is not None else None,
    )


def _row(question: Question) -> dict[str, str]:
    return {
        "title": question.who,
        "meta": question.words,
        "tag": given_words(question) or _("No answer"),
        "tone": "teal" if question.points is not None else "slate",
        "href": _address(question),
    }


@blueprint.route("/<int:period_teacher_id>/<int:goal>", methods=["GET", "POST"])
@gate(Permission.PERIOD_MARK)
def question(period_teacher_id: int, goal: int) -> Page:
    """Ask a teacher for the points of one student and one goal. Each answer is a button."""
    own = _own(current_actor(), period_teacher_id)
    shown_question = own.question(period_teacher_id, goal) if own is not None else None
    if own is None or shown_question is None:
        return _closed()
    form = QuestionForm(seen="" if shown_question.points is None else str(shown_question.points))
    following = next_after(own.questions, shown_question.key)
    overview = url_for("own_periods.period", period_teacher_id=period_teacher_id, all=1)
    after = _address(following) if following is not None else overview
    return form_page(
        form,
        lambda: mark_own(submitted(form), shown_question.row_id, shown_question.goal, form.chosen, form.shown),
        after,
        "pathways/mentoring/own_period/question.html",
        **question_values(own, shown_question),
        skip=after,
        overview=overview,
    )


def _address(question: Question) -> str:
    return url_for("own_periods.question", period_teacher_id=question.row_id, goal=question.goal)


ROOM = Room(pages=(blueprint,))
