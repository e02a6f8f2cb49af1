"""The daily card: its lines, its days, and changing one cell of it.

Others may change other cells meanwhile. Each change says what the cell showed, so that a newer value from someone else
is never overwritten unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import LongText, NotBlank, PlainForm
from wss_cases.foundation.i18n import _, _l, force_locale, locale_code
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words, long_day_words, time_words, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.common.actions import add_audited, check_live
from wss_cases.pathways.common.models import LIVE, Pathway
from wss_cases.pathways.common.pages import asked_day, page_of
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.mentoring import course, sessions
from wss_cases.pathways.mentoring.mentors import number_or_none
from wss_cases.pathways.mentoring.periods import periods_of
from wss_cases.pathways.mentoring.plan import models, queries, rules
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family

LOOK_BACK = timedelta(days=7)
"""How far back a card may be marked."""
LONGEST_LINE = 80
USUAL_GOAL = 80


class CardForm(PlainForm):
    expectations = LongText(
        _l("Expectations"),
        [NotBlank(_l("Write at least one line."))],
        limit=500,
        description=_l("Up to five, one per line, in the student’s own words: “I keep my hands to myself”."),
    )
    periods = LongText(
        _l("Periods of the day"),
        [NotBlank(_l("Write at least one line."))],
        limit=1000,
        description=_l("Up to ten, one per line."),
    )
    goal_percent = number_or_none(_l("Goal for a day, in percent of points"), 1, 100, required=True)


def _get_for_card(actor: Actor, case_id: int, pathway_id: int) -> Pathway:
    row = get_pathway(actor, case_id, pathway_id, Family.MENTORING)
    if row.kind != Kind.CHECK_IN_CHECK_OUT or row.state not in LIVE:
        raise NotFound
    return row


def _card_version(row: Pathway) -> int | None:
    card = queries.card_of(row.id)
    return card.version if card is not None else None


def _card_start(row: Pathway) -> dict[str, Any]:
    card = queries.card_of(row.id)
    if card is not None:
        expectations, periods, goal_percent = card.expectations, card.periods, card.goal_percent
        return {
            "expectations": "\n".join(expectations), "periods": "\n".join(periods), "goal_percent": goal_percent
        }  # fmt: skip
    of_school = [school_period.name for school_period in periods_of(row.school_id)][: models.MOST_PERIODS]
    usual = of_school or [_("Period %(number)d", number=number) for number in range(1, 8)]
    return {"periods": "\n".join(usual), "goal_percent": USUAL_GOAL}


@course.pages.on_pathway(
    "/card", CardForm, _l("The daily card"), _l("Save the card"), endpoint="card", start=_card_start,
    subject=replace(course.pages.subject, find=_get_for_card, version=_card_version),
)  # fmt: skip
def set_card(uow: UnitOfWork, row: Pathway, form: CardForm) -> None:
    """Set the expectations, periods and goal of a card. Days marked before keep theirs."""
    check_live(row)
    if row.kind != Kind.CHECK_IN_CHECK_OUT:
        raise NotFound
    card = uow.session.scalar(select(models.DailyCard).where(models.DailyCard.pathway_id == row.id).with_for_update())
    card = card or models.DailyCard.of(row)
    card.expectations = _lines("expectations", form.expectations.data, models.MOST_EXPECTATIONS)
    card.periods = _lines("periods", form.periods.data, models.MOST_PERIODS)
    card.goal_percent = form.goal_percent.data
    uow.record(card, "mentoring.card_set")


def _lines(field: str, text: str, most: int) -> list[str]:
    filled = [line for line in text.splitlines() if line.strip()]
    if not 1 <= len(filled) <= most:
        raise Refused(field, _("Write 1 to %(most)d lines.", most=most))
    if any(len(line) > LONGEST_LINE for line in filled):
        raise Refused(field, _("Use at most %(max)d characters in a line.", max=LONGEST_LINE))
    if len(set(filled)) < len(filled):
        raise Refused(field, _("Two lines are the same."))
    return filled


def note_check_in(uow: UnitOfWork, row: Pathway, day: models.DailyCardDay) -> None:
    """Check a student in on a card's day, which then counts as a session held. The pathway is locked."""
    day.checked_in_at, day.logged_by_id = uow.now, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.checked_in")
    logged = queries.session_on(row.id, day.on_day)
    if logged is None or not logged.held:
        minutes = uow.session.scalar(
            select(models.MentoringPlan.minutes).where(models.MentoringPlan.pathway_id == row.id)
        )
        sessions.write(uow, row, day.on_day, sessions.DayAnswer(minutes=minutes))


@use_case
def mark(uow: UnitOfWork, pathway_id: int, on_day: date, period: str, marks: Sequence[int | None]) -> int:
    """Mark a period of a day: a mark of 0 to 2 for each expectation, None when it was not observed.

    `version` is that of the day (0 for a day without marks). Raises Stale, and Refused for a day that cannot be marked.
    """
    row = sessions.load_logged(uow, pathway_id)
    card = card_for(uow, row)
    check_markable(uow, row.school_id, on_day)
    if period not in card.periods or len(marks) != len(card.expectations):
        raise Refused("", _("The card has changed. Please review it again."))
    if any(value is not None and not 0 <= value <= models.BEST_MARK for value in marks):
        raise Refused("", _("Choose 0, 1 or 2."))
    day = day_of_card(uow, card, on_day)
    if uow.version is not None and (day.version if day.id is not None else 0) != uow.version:
        raise Stale
    other_marks = {name: row for name, row in day.marks.items() if name != period}
    if any(value is not None for value in marks):
        other_marks[period] = list(marks)
    day.marks, day.logged_by_id = other_marks, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.marked")
    return card.id


def check_markable(uow: UnitOfWork, school_id: int, on_day: date) -> None:
    """Raise Refused for a day on which no card is marked: without school, older than a week, or in the future."""
    today = today_at(school_id, uow.now)
    if not today - LOOK_BACK <= on_day <= today or not school_days(school_id).is_school_day(on_day):
        raise Refused("", _("Choose a school day of the last week."))


def card_for(uow: UnitOfWork, row: Pathway) -> models.DailyCard:
    """The card of a pathway. Raises NotFound when there is none."""
    return existing(uow.session.scalar(select(models.DailyCard).where(models.DailyCard.pathway_id == row.id)))


def card_today(uow: UnitOfWork, row: Pathway) -> models.DailyCardDay:
    """Today's day of the card of a locked pathway. Raises Refused on a day without school."""
    today = today_at(row.school_id, uow.now)
    if not school_days(row.school_id).is_school_day(today):
        raise Refused("", _("There is no school today."))
    return day_of_card(uow, card_for(uow, row), today)


def day_of_card(uow: UnitOfWork, card: models.DailyCard, on_day: date) -> models.DailyCardDay:
    """A day of a card, or a new one that is not added yet. The pathway is locked, so no other session makes the same
    day.
    """
    day = uow.session.scalar(
        select(models.DailyCardDay).where(models.DailyCardDay.card_id == card.id, models.DailyCardDay.on_day == on_day)
    )
    return day or models.DailyCardDay(card_id=card.id, school_id=card.school_id, on_day=on_day, marks={})


pages = Pages("mentoring_card", __name__, url_prefix="/mentoring/<int:pathway_id>/card")

MARKABLE_DAYS = 5


def _own(actor: Actor, pathway_id: int) -> tuple[queries.OwnStudent, models.DailyCard]:
    return queries.get_own(actor, pathway_id), existing(queries.card_of(pathway_id))


@pages.get("")
@gate(Permission.MENTORING_LOG)
def card(pathway_id: int) -> Page:
    """The card of a day, with each period one tap from its marks."""
    actor = current_actor()
    own, row = _own(actor, pathway_id)
    today, days = today_at(own.plan.school_id, clock.now()), school_days(own.plan.school_id)
    day = asked_day(today, LOOK_BACK)
    back = rules.school_days_back(today, days)
    days_by_date = queries.card_days(row.id, min(back[0], day))
    shown = days_by_date.get(day)
    share = rules.percent(shown.marks) if shown else None
    absent = _is_absent(pathway_id, day, shown)
    return render_template(
        "pathways/mentoring/card/card.html",
        own=own,
        card=row,
        title=long_day_words(day),
        today=day == today,
        school=days.is_school_day(day),
        open=own.pathway.state in queries.LOGGED,
        state=shown.state.value if shown else models.DayState.NOT_BEGUN.value,
        absent=absent,
        state_words=_("Absent") if absent else _state_words(shown, own.plan.school_id),
        share=share,
        share_words=rules.percent_words(share),
        reached=share is not None and share >= row.goal_percent,
        periods=[_period(pathway_id, row, shown, day, number) for number in range(len(row.periods))],
        other_days=[
            (day_words(other_day), url_for("mentoring_card.card", pathway_id=pathway_id, day=other_day.isoformat()))
            for other_day in reversed(back[-MARKABLE_DAYS:])
            if other_day != day
        ],
        chart=rules.card_chart(row, days_by_date, today, days),
        case_href=page_of(own.pathway) if queries.is_team(actor, own.plan) else None,
        spoken=locale_code(),
    )


def _is_absent(pathway_id: int, on: date, day: models.DailyCardDay | None) -> bool:
    if day is not None and day.checked_in_at is not None:
        return False
    session = queries.session_on(pathway_id, on)
    return session is not None and session.missed == models.Missed.STUDENT_ABSENT


def _state_words(day: models.DailyCardDay | None, school_id: int) -> str:
    school = get_school(school_id)
    if day is None or day.checked_in_at is None or school is None:
        return rules.day_state_words(day)
    at = day.checked_out_at or day.checked_in_at
    return _("%(state)s at %(time)s", state=rules.day_state_words(day), time=time_words(at, school.time_zone))


def _period(
    pathway_id: int, card: models.DailyCard, day: models.DailyCardDay | None, on: date, number: int
) -> dict[str, Any]:
    name = card.periods[number]
    marks = day.marks.get(name) if day else None
    share = rules.percent({name: marks}) if marks else None
    return {
        "name": name,
        "tag": rules.percent_words(share) if marks else None,
        "tone": "moss" if share is not None and share >= card.goal_percent else "slate",
        "href": url_for("mentoring_card.period", pathway_id=pathway_id, day=on.isoformat(), number=number + 1),
    }


@pages.route("/period", methods=["GET", "POST"])
@gate(Permission.MENTORING_LOG)
def period(pathway_id: int) -> Page:
    """Mark a period: 0, 1 or 2 for each expectation. Then the list of periods is shown."""
    own, row = _own(current_actor(), pathway_id)
    day = asked_day(today_at(own.plan.school_id, clock.now()), LOOK_BACK)
    number = min(max(request.args.get("number", 1, type=int), 1), len(row.periods))
    name = row.periods[number - 1]
    card_day = queries.card_days(row.id, day).get(day)
    marks = (card_day.marks.get(name) if card_day else None) or []
    values = {f"m{place}": str(mark) for place, mark in enumerate(marks) if mark is not None}
    form = sessions.period_form(row.expectations)(version=card_day.version if card_day else 0, **values)
    return form_page(
        form,
        lambda: mark(submitted(form), pathway_id, day, name, sessions.marks_of(form, len(row.expectations))),
        _next_page(pathway_id, row, day, number),
        "pathways/mentoring/card/period.html",
        own=own,
        name=name,
        day=day_words(day),
        fields=[f"m{place}" for place in range(len(row.expectations))],
        back_href=url_for("mentoring_card.card", pathway_id=pathway_id, day=day.isoformat()),
    )


def _next_page(pathway_id: int, card: models.DailyCard, day: date, number: int) -> str:
    anchor = "periods" if number < len(card.periods) else None
    return url_for("mentoring_card.card", pathway_id=pathway_id, day=day.isoformat(), _anchor=anchor)


OWN_CARD = Subject(
    Pathway, lambda actor, pathway_id: _own(actor, pathway_id)[0], row=attrgetter("pathway"),
    of=lambda row: existing(queries.plan_of(row.id)),
)  # fmt: skip
"""A pathway with a card, for those who log its sessions."""


def _card_page(own: queries.OwnStudent, _id: int) -> str:
    return url_for("mentoring_card.card", pathway_id=own.pathway.id)


@pages.button("/check-in", OWN_CARD, Permission.MENTORING_LOG, then=_card_page)
def check_in(uow: UnitOfWork, row: Pathway) -> None:
    """Check a student in today. The day counts as a session held, whatever was logged for it before."""
    sessions.check_logged(row)
    day = card_today(uow, row)
    _move_day(day, models.DayState.CHECKED_IN, _("Today’s check-in is already recorded."))
    note_check_in(uow, row, day)


@pages.button("/check-out", OWN_CARD, Permission.MENTORING_LOG, then=_card_page)
def check_out(uow: UnitOfWork, row: Pathway) -> None:
    """Check a student out today, after the check-in."""
    sessions.check_logged(row)
    day = card_today(uow, row)
    _move_day(day, models.DayState.CHECKED_OUT, _("Check in first. Each day has one check-out."))
    day.checked_out_at, day.logged_by_id = uow.now, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.checked_out")


def _move_day(day: models.DailyCardDay, state: models.DayState, refusal: str) -> None:
    if state not in models.DAY_TRANSITIONS[day.state]:
        raise Refused("", refusal)


@pages.get("/paper")
@gate(Permission.MENTORING_LOG)
def paper(pathway_id: int) -> Page:
    """The empty card as a printed sheet, in English or Spanish."""
    own, row = _own(current_actor(), pathway_id)
    chosen = request.args.get("language", "")
    language = chosen if chosen in ("en", "es") else locale_code()
    today = today_at(own.plan.school_id, clock.now())
    with force_locale(language):
        return render_template(
            "pathways/mentoring/card/paper.html",
            own=own,
            card=row,
            most=2 * len(row.expectations) * len(row.periods),
            locale=language,
            year=today.year,
        )


ROOM = Room(pages=(pages,))


@dataclass(frozen=True)
class Cell:
    """The points of a goal (from 0) in a period; None: no points. `seen`: what the cell showed before."""

    period: str
    goal: int
    points: int | None
    seen: int | None


@use_case
def mark_cell(uow: UnitOfWork, pathway_id: int, on_day: date, cell: Cell) -> int:
    """Mark a cell, as the student's mentor or as the case team; see `write_cell`. Returns the pathway's id."""
    row = sessions.load_logged(uow, pathway_id)
    check_markable(uow, row.school_id, on_day)
    write_cell(uow, row, on_day, cell)
    return row.id


def write_cell(uow: UnitOfWork, row: Pathway, on_day: date, cell: Cell) -> None:
    """Write points into a cell of a day; other cells stay. The pathway is locked.

    Raises Refused for a cell that the card does not have, and when someone changed the cell since it was shown.
    """
    card = card_for(uow, row)
    if cell.period not in card.periods or not 0 <= cell.goal < len(card.expectations):
        raise Refused("", _("The card has changed. Please review it again."))
    if cell.points is not None and not 0 <= cell.points <= models.BEST_MARK:
        raise Refused("", _("Choose 0, 1 or 2."))
    day = day_of_card(uow, card, on_day)
    marks = marks_in(day, cell.period, len(card.expectations))
    if marks[cell.goal] == cell.points:
        uow.no_audit()
        return
    if marks[cell.goal] != cell.seen:
        raise Refused("", _("Someone else just marked this. Check it, then mark it again if needed."))
    marks[cell.goal] = cell.points
    others = {name: points for name, points in day.marks.items() if name != cell.period}
    day.marks = {**others, cell.period: marks} if any(mark is not None for mark in marks) else others
    day.logged_by_id = uow.actor.user_id
    add_audited(uow, day, "daily_card_day.marked")


def marks_in(day: models.DailyCardDay | None, period: str, goals: int) -> list[int | None]:
    """The points of each goal in a period of a day; None where nothing is marked."""
    marks = list(day.marks.get(period) or []) if day is not None else []
    return [marks[number] if number < len(marks) else None for number in range(goals)]


@use_case
def note_arrival(uow: UnitOfWork, pathway_id: int, came: models.Came | None) -> int:
    """Record that a student was checked in today, or was absent; None undoes it. Returns the pathway's id.

    Raises Refused once the student is checked out.
    """
    row = sessions.load_logged(uow, pathway_id)
    day = card_today(uow, row)
    if came is models.Came.HERE and day.state is models.DayState.NOT_BEGUN:
        note_check_in(uow, row, day)
    elif came is not models.Came.HERE:
        _take_back(uow, day)
        if came is models.Came.ABSENT:
            sessions.write(uow, row, day.on_day, sessions.DayAnswer(missed=models.Missed.STUDENT_ABSENT))
        else:
            _unlog(uow, row, day.on_day)
    else:
        uow.no_audit()
    return row.id


def _take_back(uow: UnitOfWork, day: models.DailyCardDay) -> None:
    if day.state is models.DayState.CHECKED_OUT:
        raise Refused("", _("This student is checked out. Take back the check-out first."))
    if day.state is models.DayState.CHECKED_IN:
        day.checked_in_at, day.logged_by_id = None, uow.actor.user_id
        add_audited(uow, day, "daily_card_day.check_in_taken_back")


def _unlog(uow: UnitOfWork, row: Pathway, on_day: date) -> None:
    """Delete the session that today's check-in or absence logged. A log with a note was made by hand and stays."""
    session = queries.session_on(row.id, on_day)
    if session is None:
        uow.no_audit()
        return
    if session.note:
        raise Refused("", _("This day is logged with a note. Correct it on the student’s own page."))
    uow.session.delete(session)
    uow.session.flush()
    uow.record(queries.plan_of(row.id), "mentoring.taken_back", day=on_day.isoformat())
    sessions.take_back_missed(uow, row)


@use_case
def note_departure(uow: UnitOfWork, pathway_id: int, left: bool) -> int:
    """Check a student out today, or undo that. Returns the pathway's id. Raises Refused before the check-in."""
    row = sessions.load_logged(uow, pathway_id)
    day = card_today(uow, row)
    if day.state is models.DayState.NOT_BEGUN and left:
        raise Refused("", _("Check this student in first."))
    if (day.state is models.DayState.CHECKED_OUT) == left:
        uow.no_audit()
        return row.id
    day.checked_out_at, day.logged_by_id = uow.now if left else None, uow.actor.user_id
    add_audited(uow, day, "daily_card_day.checked_out" if left else "daily_card_day.check_out_taken_back")
    return row.id
