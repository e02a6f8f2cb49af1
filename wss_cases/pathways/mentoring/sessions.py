"""Mentoring sessions of a student or a group: held with minutes, or missed with the reason. Logging again corrects."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import DateField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.progress import open_only
from wss_cases.followups.calendar import Calendars
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.queries import get_follow_up
from wss_cases.followups.making import cancel_row, close_row
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words, local_date, today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.actions import follow_event, note_start, open_follow_ups
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.common.pages import asked_day, page_of
from wss_cases.pathways.mentoring.course import REVIEW
from wss_cases.pathways.mentoring.plan import models, queries, rules
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind

MISSED = "mentoring_missed"
"""The event of a missed session, and the kind of follow-up that it makes."""

LOOK_BACK = timedelta(days=60)
"""How far back a session may be logged or corrected."""


@dataclass(frozen=True)
class DayAnswer:
    """The answer for a day: held with its minutes (None: unknown), or missed with the reason."""

    minutes: int | None = None
    missed: models.Missed | None = None
    note: str = ""

    @property
    def held(self) -> bool:
        return self.missed is None


@use_case
def log_session(uow: UnitOfWork, pathway_id: int, day: date, answer: DayAnswer, seen: int | None) -> int:
    """Log a day's session, or correct its log. `seen`: the version of the log that the form showed, None for none.

    Returns the session's id. Raises Refused when someone logged the day meanwhile, and for a day that cannot be logged.
    """
    row = load_logged(uow, pathway_id)
    session = queries.session_on(row.id, day)
    if session is not None and session.version != seen:
        raise Refused("day", _("This day is already logged. Choose it from the list below to correct it."))
    if session is not None:
        _leave_card(uow, row, day, answer)
    session = write(uow, row, day, answer)
    return session.id


@use_case
def log_group(uow: UnitOfWork, group_id: int, day: date, answers: Mapping[int, DayAnswer]) -> int:
    """Log a day for the students of a group, by pathway. Raises Refused when a student was logged meanwhile."""
    group = uow.session.get(models.MentoringGroup, group_id)
    require(uow.actor, Permission.MENTORING_LOG, group)
    if not answers:
        raise Refused("", _("Score at least one student."))
    for pathway_id in sorted(answers):
        row = load_logged(uow, pathway_id, group_id)
        if queries.session_on(row.id, day) is not None:
            raise Refused("day", _("A student in this group is already logged for this day. Please check again."))
        write(uow, row, day, answers[pathway_id])
    return group_id


def load_logged(uow: UnitOfWork, pathway_id: int, group_id: int | None = None) -> Pathway:
    """Lock a pathway and its plan whose sessions the actor may log now. Raises NotFound or Refused."""
    row = uow.session.get(Pathway, pathway_id, with_for_update=True, populate_existing=True)
    plan_id = uow.session.scalar(select(models.MentoringPlan.id).where(models.MentoringPlan.pathway_id == pathway_id))
    if row is None or plan_id is None:
        raise NotFound
    plan = uow.load(models.MentoringPlan, plan_id, Permission.MENTORING_LOG)
    if group_id is not None and plan.group_id != group_id:
        raise NotFound
    check_logged(row)
    return row


def check_logged(row: Pathway) -> None:
    """Raise Refused where no session of a pathway can be logged now."""
    open_only(row.case)
    if row.state not in queries.LOGGED:
        raise Refused("", _("Sessions are logged from the student’s yes until mentoring ends."))


def write(uow: UnitOfWork, row: Pathway, day: date, answer: DayAnswer) -> models.MentoringSession:
    """Write the answer for a day, with its follow-ups and history entry. The pathway is locked."""
    today = today_at(row.school_id, uow.now)
    if not today - LOOK_BACK <= day <= today:
        raise Refused("day", _("Choose today or a day of the last two months."))
    if answer.minutes is not None and not 1 <= answer.minutes <= models.LONGEST_MINUTES:
        raise Refused("minutes", _("Write a number from 1 to %(most)d.", most=models.LONGEST_MINUTES))
    session = queries.session_on(row.id, day)
    kind = "mentoring.corrected"
    if session is None:
        session = models.MentoringSession.of(row, on_day=day, note="")
        kind = "mentoring.held" if answer.held else "mentoring.missed"
    session.held, session.missed = answer.held, answer.missed
    session.minutes = answer.minutes if answer.held else None
    session.note = answer.note
    session.logged_at, session.logged_by_id = uow.now, uow.actor.user_id
    uow.record(session, kind, day=day.isoformat(), reason=answer.missed.value if answer.missed else "")
    if answer.held and row.state is PathwayState.PREPARING:
        note_start(uow, row, day)
    if answer.missed not in (None, models.Missed.NO_SCHOOL):
        _ask_for_contact(uow, row, day)
    elif kind == "mentoring.corrected":
        take_back_missed(uow, row)
    elif answer.held:
        _close_contact(uow, row, day)
    return session


def _close_contact(uow: UnitOfWork, row: Pathway, day: date) -> None:
    """Close follow-ups for contact after a missed session, because a session was held since."""
    zone = zone_of(row.school_id)
    for follow_up in open_follow_ups(uow, row.id, MISSED):
        if local_date(follow_up.created_at, zone) <= day:
            close_row(uow, follow_up, "reached", evidence={"on": day.isoformat()})


def _ask_for_contact(uow: UnitOfWork, row: Pathway, day: date) -> None:
    """Make a follow-up for contact after a missed session, unless one is open or was made in the same week."""
    zone = zone_of(row.school_id)
    monday = day - timedelta(days=day.weekday())
    for follow_up in _contact_follow_ups(uow, row):
        if follow_up.state is FollowUpState.OPEN or local_date(follow_up.created_at, zone) >= monday:
            return
    follow_event(uow, row, MISSED)


def take_back_missed(uow: UnitOfWork, row: Pathway) -> None:
    """Cancel the follow-up for contact after a missed session when a correction leaves no missed session since."""
    for follow_up in _contact_follow_ups(uow, row):
        missed = select(models.MentoringSession.id).where(
            models.MentoringSession.pathway_id == row.id,
            models.MentoringSession.missed.is_not(None),
            models.MentoringSession.missed != models.Missed.NO_SCHOOL,
            models.MentoringSession.logged_at >= follow_up.created_at,
        )
        if follow_up.state is FollowUpState.OPEN and uow.session.scalars(missed).first() is None:
            cancel_row(uow, follow_up, _("The session was logged again; nothing was missed."))


def _contact_follow_ups(uow: UnitOfWork, row: Pathway) -> list[FollowUp]:
    statement = select(FollowUp).where(
        FollowUp.pathway_id == row.id, FollowUp.kind == MISSED, FollowUp.state != FollowUpState.CANCELLED
    )
    return list(uow.session.scalars(statement.order_by(FollowUp.id).with_for_update()))


def _leave_card(uow: UnitOfWork, row: Pathway, day: date, answer: DayAnswer) -> None:
    if answer.held:
        return
    marked = uow.session.scalar(
        select(models.DailyCardDay.id)
        .join(models.DailyCard, models.DailyCard.id == models.DailyCardDay.card_id)
        .where(
            models.DailyCard.pathway_id == row.id,
            models.DailyCardDay.on_day == day,
            models.DailyCardDay.checked_in_at.is_not(None),
        )
    )
    if marked is not None:
        raise Refused("happened", _("The card for this day has a check-in, so the session took place."))


USUAL_MINUTES = (15, 30, 45, 60)
HELD = "held"
NOT_SAID = ""


class MinutesForm(BaseForm):
    day = DateField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])
    minutes = RadioField(_l("How many minutes?"), validators=[Optional()])
    other = IntegerField(
        _l("A different number of minutes"),
        validators=[Optional(), NumberRange(1, models.LONGEST_MINUTES, _l("Write a number from 1 to 480."))],
    )

    def offer_minutes(self, *more: int | None) -> None:
        """Offer the usual numbers of minutes, and further ones such as those of the plan."""
        numbers = sorted({*USUAL_MINUTES, *(number for number in more if number)})
        self.minutes.choices = choices([(str(number), _("%(number)d min", number=number)) for number in numbers])

    @property
    def length(self) -> int | None:
        """The minutes as filled in; None for none."""
        if self.other.data:
            return int(self.other.data)
        return int(self.minutes.data) if self.minutes.data else None


class SessionForm(MinutesForm):
    happened = radio(
        _l("Did it take place?"), [("yes", _l("Yes")), ("no", _l("No"))], _l("Answer whether it took place.")
    )
    missed = radio(_l("Why not?"), models.Missed.labels())
    note = ShortText(_l("Note"), [Optional()], limit=300)

    def validate(self, extra_validators: Any = None) -> bool:
        sound = bool(super().validate(extra_validators))
        if self.happened.data == "yes":
            return needs(sound, self.minutes, sound and self.length is None, _l("Enter the number of minutes."))
        return needs(sound, self.missed, not self.missed.data, _l("Explain why not."))

    def answer(self) -> DayAnswer:
        if self.happened.data == "yes":
            return DayAnswer(minutes=self.length, note=self.note.data or "")
        return DayAnswer(missed=models.Missed(self.missed.data), note=self.note.data or "")


def group_form(students: Iterable[tuple[int, str]]) -> type[MinutesForm]:
    """A form with a field s<pathway id> for each of a group's students, given as (pathway id, name)."""
    answers = choices([(HELD, _l("Came")), *models.Missed.labels().items(), (NOT_SAID, _l("Not recorded"))])
    fields = {
        f"s{pathway_id}": RadioField(name, choices=answers, default=HELD, validators=[Optional()])
        for pathway_id, name in students
    }
    return type("GroupForm", (MinutesForm,), fields)


def answers_of_group(form: MinutesForm, pathway_ids: Iterable[int]) -> dict[int, DayAnswer]:
    """The answers for a group's students by pathway; students without an answer are left out."""
    answers = {pathway_id: form[f"s{pathway_id}"].data for pathway_id in pathway_ids}
    return {
        pathway_id: DayAnswer(minutes=form.length) if answer == HELD else DayAnswer(missed=models.Missed(answer))
        for pathway_id, answer in answers.items()
        if answer
    }


def period_form(expectations: list[str]) -> type[BaseForm]:
    """A form with a field m<n> for each expectation of a card: 0 to 2, blank when it was not observed."""
    marks = choices([(str(mark), str(mark)) for mark in range(models.BEST_MARK + 1)])
    fields = {
        f"m{number}": RadioField(words, choices=marks, validators=[Optional()])
        for number, words in enumerate(expectations)
    }
    return type("PeriodForm", (BaseForm,), fields)


def marks_of(form: BaseForm, count: int) -> list[int | None]:
    """The marks of a period; None where nothing was marked."""
    answers = [form[f"m{number}"].data for number in range(count)]
    return [int(answer) if answer else None for answer in answers]


blueprint = Blueprint("mentoring_sessions", __name__, url_prefix="/mentoring")

MOST_LISTED = 12
FURTHEST = timedelta(days=400)
"""How far back a day can be opened."""
THIS_WEEK = timedelta(days=6)
"""How far ahead a due session still counts as something to hold now."""


@blueprint.get("")
@gate(Permission.MENTORING_LOG)
def mine() -> Page:
    """The students whom the actor mentors, each one tap from logging."""
    students = queries.my_students(current_actor())
    groups = {own.plan.group.id: own.plan.group for own in students if own.plan.group is not None}
    return render_template(
        "pathways/mentoring/sessions/mine.html",
        students=rows_of(students),
        has_cards=sum(own.pathway.kind == Kind.CHECK_IN_CHECK_OUT for own in students) > 1,
        groups=[
            {
                "title": group.name,
                "meta": ngettext(
                    "%(num)d student", "%(num)d students", sum(own.plan.group_id == group.id for own in students)
                ),
                "href": url_for("mentoring_sessions.group", group_id=group.id),
            }
            for group in groups.values()
        ],
    )


def rows_of(students: list[queries.OwnStudent]) -> list[dict[str, Any]]:
    """A mentor's students as rows of a list: name, goal, what is to log, and the page that logs it."""
    if not students:
        return []
    logged = queries.logged_of([own.pathway.id for own in students])
    cards = queries.with_card([own.pathway.id for own in students])
    calendars = Calendars(clock.now())
    names = Counter(own.name for own in students)
    return [
        _row(own, logged.get(own.pathway.id, (0, None)), *calendars.of(own.plan.school_id))
        | _place(own.pathway.id, own.pathway.id in cards)
        | {"meta": _meta(own, names[own.name] > 1)}
        for own in students
    ]


def _place(pathway_id: int, has_card: bool) -> dict[str, str]:
    endpoint = "mentoring_card.card" if has_card else "mentoring_sessions.student"
    return {"href": url_for(endpoint, pathway_id=pathway_id), "act": _("Card") if has_card else _("Log")}


def _meta(own: queries.OwnStudent, twice: bool) -> str:
    """A student's goal; with the kind and first day when the same mentor has the student twice."""
    if not twice:
        return own.plan.goal
    parts = [str(Kind(own.pathway.kind).label), own.plan.goal]
    if own.plan.starts_on is not None:
        parts.insert(1, _("since %(day)s", day=day_words(own.plan.starts_on)))
    return " · ".join(parts)


def _row(own: queries.OwnStudent, logged: tuple[int, date | None], today: date, days: SchoolDays) -> dict[str, Any]:
    count, newest = logged
    due = rules.next_due(own.plan, count, today, days)
    tag, tone = "", "slate"
    if newest == today:
        tag, tone = _("Logged today"), "moss"
    elif due is not None and due < today:
        tag, tone = _("To log since %(day)s", day=day_words(due)), "sun"
    elif due is not None:
        tag = _("Due today") if due == today else _("Next by %(day)s", day=day_words(due))
    card = own.pathway.kind == Kind.CHECK_IN_CHECK_OUT
    return {
        "name": own.name,
        "tag": tag,
        "tone": tone,
        "logged": newest == today and not card,
        "waits": newest == today or due is None or due - today > THIS_WEEK,
    }


@blueprint.get("/review-of/<int:follow_up_id>")
@gate(Permission.CASE_WORK)
def review_of(follow_up_id: int) -> Page:
    """Redirect to the review that a follow-up asks for, or to the follow-up when it asks for something else."""
    row = get_follow_up(current_actor(), follow_up_id)
    if row.pathway_id is None or row.kind != REVIEW or row.case_id is None:
        return redirect(url_for("followups.follow_up", follow_up_id=row.id), 303)
    return redirect(url_for("mentoring.review", case_id=row.case_id, pathway_id=row.pathway_id), 303)


@blueprint.route("/<int:pathway_id>", methods=["GET", "POST"])
@gate(Permission.MENTORING_LOG)
def student(pathway_id: int) -> Page:
    """A student: log today's session or correct a day; the sessions delivered so far."""
    actor = current_actor()
    own = queries.get_own(actor, pathway_id)
    today, days = today_at(own.plan.school_id, clock.now()), school_days(own.plan.school_id)
    form, logged_session = _session_form(own, today)
    logged = queries.sessions_of(pathway_id)
    delivered = rules.dose(own.plan, logged, today, days)
    team = queries.is_team(actor, own.plan)
    return form_page(
        form,
        lambda: log_session(submitted(form), pathway_id, form.day.data, form.answer(), form.seen_version),
        url_for("mentoring_sessions.student", pathway_id=pathway_id, saved=1),
        "pathways/mentoring/sessions/student.html",
        own=own,
        rhythm=rules.rhythm_words(own.plan),
        logged_session=logged_session,
        open=own.pathway.state in queries.LOGGED,
        saved=request.args.get("saved") == "1",
        done_today=any(session.on_day == today for session in logged),
        chosen=form.day.data or today,
        dose_title=rules.dose_sentence(delivered),
        dose_rows=rules.dose_rows(delivered),
        minutes=rules.minutes_words(delivered),
        sessions=[_session(session) for session in logged[:MOST_LISTED]],
        case_href=page_of(own.pathway) if team else None,
        card_href=_card_href(own),
    )


def _session_form(own: queries.OwnStudent, today: date) -> tuple[SessionForm, models.MentoringSession | None]:
    day = asked_day(today, FURTHEST)
    logged_session = queries.session_on(own.pathway.id, day)
    usual = logged_session.minutes if logged_session is not None and logged_session.held else own.plan.minutes
    form = SessionForm(
        version=logged_session.version if logged_session else "",
        day=day,
        happened=None if logged_session is None else ("yes" if logged_session.held else "no"),
        minutes=str(usual or ""),
        missed=logged_session.missed.value if logged_session is not None and logged_session.missed else None,
        note=logged_session.note if logged_session else "",
    )
    form.offer_minutes(own.plan.minutes, usual)
    return form, logged_session


def _session(session: models.MentoringSession) -> dict[str, Any]:
    words, tone = rules.session_words(session)
    return {
        "day": day_words(session.on_day),
        "tag": words,
        "tone": tone,
        "note": session.note,
        "href": url_for("mentoring_sessions.student", pathway_id=session.pathway_id, day=session.on_day.isoformat()),
    }


def _card_href(own: queries.OwnStudent) -> str | None:
    if own.pathway.kind != Kind.CHECK_IN_CHECK_OUT or queries.card_of(own.pathway.id) is None:
        return None
    return url_for("mentoring_card.card", pathway_id=own.pathway.id)


@blueprint.route("/groups/<int:group_id>", methods=["GET", "POST"])
@gate(Permission.MENTORING_LOG)
def group(group_id: int) -> Page:
    """Log a group's session, for all students on one page."""
    row = queries.get_group(current_actor(), group_id)
    day = asked_day(today_at(row.school_id, clock.now()), FURTHEST)
    students = queries.group_students(group_id)
    logged = queries.sessions_on([own.pathway.id for own in students], day)
    to_mark = [own for own in students if own.pathway.id not in logged]
    usual = next((own.plan.minutes for own in students if own.plan.minutes), None)
    form = group_form([(own.pathway.id, own.name) for own in to_mark])(day=day, minutes=str(usual or ""))
    form.offer_minutes(usual)
    return form_page(
        form,
        lambda: log_group(
            submitted(form), group_id, form.day.data, answers_of_group(form, [own.pathway.id for own in to_mark])
        ),
        url_for("mentoring_sessions.group", group_id=group_id),
        "pathways/mentoring/sessions/group.html",
        group=row,
        fields=[f"s{own.pathway.id}" for own in to_mark],
        logged=[_session(logged[own.pathway.id]) | {"name": own.name} for own in students if own.pathway.id in logged],
        nobody=not students,
        day_words=day_words(day),
    )


ROOM = Room(pages=(blueprint,))
