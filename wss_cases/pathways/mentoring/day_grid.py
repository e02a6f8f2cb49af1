"""The grid of a day's cards: a row for each goal of a student, a column for each period, totals, and the day before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased, joinedload
from wtforms.validators import InputRequired, Length

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor, Invocation, in_schools
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import long_day_words, time_words, today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.mentoring.card import Cell, mark_cell, marks_in, note_arrival, note_departure
from wss_cases.pathways.mentoring.plan import models
from wss_cases.pathways.mentoring.plan.queries import LOGGED, is_team, told_apart
from wss_cases.pathways.mentoring.plan.rules import percent
from wss_cases.roster.directory.pages import initials_of
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind

IN, OUT, POINTS = "in", "out", "c"
LEFT = "1"


@dataclass(frozen=True)
class Place:
    """A cell of the grid: `what` is arrival, departure, or points of a period and a goal (both from 0)."""

    what: str
    pathway_id: int
    period: int = 0
    goal: int = 0


@dataclass(frozen=True)
class Change:
    """A change of a cell: the chosen value, and what the form showed before ('' for none)."""

    name: str
    place: Place
    value: str
    seen: str


def name_of(place: Place) -> str:
    """The name of a cell's field: in-12, out-12, c-12-0-1."""
    numbers = [place.pathway_id, place.period, place.goal] if place.what == POINTS else [place.pathway_id]
    return "-".join([place.what, *map(str, numbers)])


def place_in(name: str) -> Place | None:
    """The cell that a field's name means; None for other names."""
    what, *numbers = name[:80].split("-")
    wanted = {IN: 1, OUT: 1, POINTS: 3}.get(what)
    if wanted != len(numbers) or not all(text.isascii() and text.isdigit() and len(text) < 19 for text in numbers):
        return None
    return Place(what, *map(int, numbers))


def is_answer(place: Place, value: str) -> bool:
    """Whether a cell can hold this value; '' means none."""
    answers = {IN: tuple(models.Came), OUT: (LEFT,), POINTS: tuple(str(mark) for mark in range(models.BEST_MARK + 1))}
    return value == "" or value in answers[place.what]


def shown_text(values: Mapping[str, str]) -> str:
    """What a student's cells showed, as one line of a form: the filled ones as name=value."""
    return " ".join(f"{name}={value}" for name, value in values.items() if value)


def changes_in(sent: Mapping[str, str], shown: Iterable[str]) -> list[Change]:
    """The cells that a sent form changes. Arrivals come before points, points before departures."""
    seen: dict[str, str] = {}
    for line in shown:
        for name, equals, value in (pair.partition("=") for pair in line.split()):
            if equals:
                seen[name] = value
    changes = []
    for name in {**seen, **sent}:
        place, value = place_in(name), sent.get(name, "")
        if place is not None and is_answer(place, value) and value != seen.get(name, ""):
            changes.append(Change(name, place, value, seen.get(name, "")))
    order = {IN: 0, POINTS: 1, OUT: 2}
    return sorted(changes, key=lambda change: (change.place.pathway_id, order[change.place.what], change.name))


def columns_of(known: Sequence[str], cards: Iterable[Sequence[str]]) -> list[str]:
    """The periods of a day as columns of a grid: the school's own in order, then other periods of the cards."""
    cards = [list(periods) for periods in cards]
    used = {period for periods in cards for period in periods}
    columns = [period for period in known if period in used]
    for periods in cards:
        columns += [period for period in periods if period not in columns]
    return columns


def points_of(marks: Mapping[str, Any], goal: int) -> tuple[int, int]:
    """The points of a goal on a day, and the most possible in the periods that were marked."""
    points = [row[goal] for row in marks.values() if goal < len(row) and row[goal] is not None]
    return sum(points), models.BEST_MARK * len(points)


@dataclass(frozen=True)
class CardOfDay:
    """A student's card with its marks of today and of the school day before, and today's session."""

    pathway_id: int
    name: str
    card: models.DailyCard
    today: models.DailyCardDay | None
    before: models.DailyCardDay | None
    session: models.MentoringSession | None


def cards_of_day(
    actor: Actor, school_id: int, today: date, before: date, pathway_id: int | None = None
) -> list[CardOfDay]:
    """The cards of a school that the actor marks, sorted by name: the team sees all, a mentor their own.

    With `pathway_id` only that pathway's card.
    """
    now, then = aliased(models.DailyCardDay), aliased(models.DailyCardDay)
    plan, log = models.MentoringPlan, models.MentoringSession
    own = and_(
        models.Mentor.user_id == actor.user_id, models.Mentor.is_active, in_schools(plan.school_id, actor, *STAFF)
    )
    statement: Any = (
        select(plan, Pathway, models.DailyCard, now, then, log)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .join(models.DailyCard, models.DailyCard.pathway_id == plan.pathway_id)
        .outerjoin(models.Mentor, models.Mentor.id == plan.mentor_id)
        .outerjoin(now, and_(now.card_id == models.DailyCard.id, now.on_day == today))
        .outerjoin(then, and_(then.card_id == models.DailyCard.id, then.on_day == before))
        .outerjoin(log, and_(log.pathway_id == plan.pathway_id, log.on_day == today))
        .options(joinedload(Pathway.participant).joinedload(CaseParticipant.student))
        .where(plan.school_id == school_id, Pathway.kind == Kind.CHECK_IN_CHECK_OUT, Pathway.state.in_(LOGGED))
        .where(or_(own, in_view(Pathway, actor, *CASE_TEAM, live=True)))
    )
    if pathway_id is not None:
        statement = statement.where(Pathway.id == pathway_id)
    rows = {row[1].id: row for row in db.session.execute(statement)}
    known = told_apart((row[0], row[1]) for row in rows.values())
    cards = [CardOfDay(own.pathway.id, _name(actor, own), *rows[own.pathway.id][2:]) for own in known]
    return sorted(cards, key=lambda card: (card.name.casefold(), card.pathway_id))


def _name(actor: Actor, own: Any) -> str:
    """The team sees the full name, or initials if they chose so; a mentor sees the given name."""
    if not is_team(actor, own.plan) or own.student is None:
        return str(own.name)
    return initials_of(own.student.shown_name) if actor.initials else str(own.student.shown_name)


class DayForm(BaseForm):
    """The whole grid. Its cells are named by `rules.name_of`."""


class CellForm(BaseForm):
    """A cell: its name, the chosen value, and the value it showed before ('' for none)."""

    cell = ShortText(validators=[InputRequired()], limit=80)
    value = ShortText(validators=[Length(max=10)])
    seen = ShortText(validators=[Length(max=10)])


def grid_row(card: CardOfDay, columns: Sequence[str]) -> dict[str, Any]:
    """A student's row of the grid: arrival, departure, goals with their cells, total, and the values shown."""
    here, left = _came(card), card.today is not None and card.today.checked_out_at is not None
    goals = [_goal(card, number, columns) for number in range(len(card.card.expectations))]
    cells = [cell for goal in goals for cell in goal["cells"] if cell is not None]
    arrival, departure = _name_shown(card, IN), _name_shown(card, OUT)
    values = {arrival: here, departure: LEFT if left else "", **{cell["name"]: cell["value"] for cell in cells}}
    return {
        "pathway_id": card.pathway_id,
        "name": card.name,
        "href": url_for("mentoring_card.card", pathway_id=card.pathway_id),
        "arrival": {"name": arrival, "value": here},
        "departure": {"name": departure, "value": values[departure]},
        "absent": here == models.Came.ABSENT,
        "other_reason": _other_reason(card),
        "goals": goals,
        "shown": shown_text(values),
        **totals(card),
    }


def totals(card: CardOfDay) -> dict[str, Any]:
    """A student's points of today in words, and whether they reach the goal of the day."""
    marks = card.today.marks if card.today is not None else {}
    given = [points_of(marks, number) for number in range(len(card.card.expectations))]
    points, most = sum(pair[0] for pair in given), sum(pair[1] for pair in given)
    share = percent(marks)
    words = "" if share is None else _("%(points)d of %(most)d · %(share)d%%", points=points, most=most, share=share)
    return {"total": words, "reached": share is not None and share >= card.card.goal_percent}


def value_of(card: CardOfDay, place: Place) -> str:
    """The current value of a cell; '' for none."""
    if place.what == IN:
        return _came(card)
    if place.what == OUT:
        return LEFT if card.today is not None and card.today.checked_out_at is not None else ""
    period = card.card.periods[place.period]
    mark = marks_in(card.today, period, len(card.card.expectations))[place.goal]
    return "" if mark is None else str(mark)


def counted(rows: Sequence[dict[str, Any]]) -> str:
    """How many of these students are in, absent and out, in one line."""
    here = sum(row["arrival"]["value"] == models.Came.HERE for row in rows)
    absent = sum(row["absent"] for row in rows)
    left = sum(bool(row["departure"]["value"]) for row in rows)
    return _("%(here)s in, %(absent)s absent, %(left)s out", here=here, absent=absent, left=left)


def _came(card: CardOfDay) -> str:
    if card.today is not None and card.today.checked_in_at is not None:
        return str(models.Came.HERE)
    absent = card.session is not None and card.session.missed == models.Missed.STUDENT_ABSENT
    return str(models.Came.ABSENT) if absent else ""


def _other_reason(card: CardOfDay) -> str:
    missed = card.session.missed if card.session is not None else None
    return str(models.Missed(missed).label) if missed not in (None, models.Missed.STUDENT_ABSENT) else ""


def _goal(card: CardOfDay, number: int, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "words": card.card.expectations[number],
        "cells": [_cell(card, number, period) for period in columns],
        "before": _before(card, number),
    }


def _cell(card: CardOfDay, goal: int, period: str) -> dict[str, str] | None:
    if period not in card.card.periods:
        return None
    place = Place(POINTS, card.pathway_id, card.card.periods.index(period), goal)
    return {"name": name_of(place), "value": value_of(card, place), "period": period}


def _before(card: CardOfDay, goal: int) -> str:
    if card.before is None:
        return ""
    points, most = points_of(card.before.marks, goal)
    return _("%(points)d of %(most)d", points=points, most=most) if most else ""


def _name_shown(card: CardOfDay, what: str) -> str:
    return name_of(Place(what, card.pathway_id))


MARKS = tuple(str(mark) for mark in range(models.BEST_MARK + 1))


blueprint = Blueprint("day_grid", __name__, url_prefix="/mentoring/today")

MOST_STUDENTS = 25
"""Students per page of the grid."""


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.MENTORING_LOG)
def page() -> Page:
    """Today's grid. Without JavaScript it is one form."""
    actor = current_actor()
    school_id, today, days = _school_day(actor)
    form = DayForm()
    refused: list[str] = []
    if form.is_submitted():
        cards = {card.pathway_id: card for card in _cards(actor, school_id, today, days)}
        refused = _save_all(actor, form, cards, today) if form.validate() else [_("Send the form again.")]
        if not refused:
            return redirect(_address(), 303)
    cards_now = _cards(actor, school_id, today, days)
    part = _part(len(cards_now))
    columns = columns_of([], [card.card.periods for card in cards_now])
    rows = [grid_row(card, columns) for card in cards_now[part * MOST_STUDENTS : (part + 1) * MOST_STUDENTS]]
    context = {
        "form": form,
        "refused": refused,
        "day": long_day_words(today),
        "school_day": days.is_school_day(today),
        "columns": columns,
        "show": _shown(rows, len(columns)),
        "rows": rows,
        "marks": MARKS,
        "counted": counted(rows),
        "parts": _parts(len(cards_now), part),
    }
    return render_template("pathways/mentoring/day_grid/page.html", **context), 400 if refused else 200


@blueprint.post("/cell")
@gate(Permission.MENTORING_LOG)
def cell() -> tuple[Response, int]:
    """Save one cell for the grid's script. Answers with the time, or with the refusal and the current value."""
    actor = current_actor()
    school_id, today, days = _school_day(actor)
    form = CellForm()
    place = place_in(form.cell.data or "")
    value = form.value.data or ""
    if not form.validate() or place is None or not is_answer(place, value):
        return jsonify(error=_("This could not be saved. Load the page again.")), 400
    card = _card(actor, school_id, today, days, place)
    change = Change(form.cell.data, place, value, form.seen.data or "")
    try:
        _save(actor, change, card, today, form.request_key.data)
    except Refused as refusal:
        now = value_of(_card(actor, school_id, today, days, place), place)
        return jsonify(error=refusal.message, value=now), 409
    fresh = _card(actor, school_id, today, days, place)
    saved_at = time_words(clock.now(), zone_of(school_id))
    return jsonify(saved_at=saved_at, value=value_of(fresh, place), **totals(fresh)), 200


def _school_day(actor: Actor) -> tuple[int, date, SchoolDays]:
    school_id = existing(chosen_school_id(actor, *STAFF))
    return school_id, today_at(school_id, clock.now()), school_days(school_id)


def _cards(
    actor: Actor, school_id: int, today: date, days: SchoolDays, pathway_id: int | None = None
) -> list[CardOfDay]:
    before = days.on_or_before(today - timedelta(days=1))
    return cards_of_day(actor, school_id, today, before, pathway_id)


def _card(actor: Actor, school_id: int, today: date, days: SchoolDays, place: Place) -> CardOfDay:
    cards = _cards(actor, school_id, today, days, place.pathway_id)
    card = existing(cards[0] if cards else None)
    if place.what == POINTS and not (
        place.period < len(card.card.periods) and place.goal < len(card.card.expectations)
    ):
        raise NotFound
    return card


def _save_all(actor: Actor, form: DayForm, cards: dict[int, CardOfDay], today: date) -> list[str]:
    """Save the changes of a sent form, each cell by itself. Returns the refusals in words."""
    sent = {name: value for name, value in request.form.items() if place_in(name)}
    refused = []
    for change in changes_in(sent, request.form.getlist("shown")):
        card = cards.get(change.place.pathway_id)
        if card is None:
            raise NotFound
        try:
            _save(actor, change, card, today, f"{form.request_key.data}:{change.name}")
        except Refused as refusal:
            refused.append(f"{card.name}: {refusal.message}")
    return refused


def _save(actor: Actor, change: Change, card: CardOfDay, today: date, key: str) -> None:
    call, place = Invocation(actor, clock.now(), key), change.place
    if place.what == IN:
        note_arrival(call, place.pathway_id, models.Came(change.value) if change.value else None)
    elif place.what == OUT:
        note_departure(call, place.pathway_id, bool(change.value))
    else:
        if place.period >= len(card.card.periods):
            raise NotFound
        points, seen = (int(text) if text else None for text in (change.value, change.seen))
        mark_cell(call, place.pathway_id, today, Cell(card.card.periods[place.period], place.goal, points, seen))


def _shown(rows: list[dict[str, Any]], periods: int) -> str:
    """The column that a phone shows: the requested one, else arrivals until all are known, then departures."""
    wanted = request.args.get("show", "")
    if wanted in (IN, OUT, *(str(number) for number in range(periods))):
        return wanted
    return IN if any(not row["arrival"]["value"] for row in rows) else OUT


def _part(count: int) -> int:
    wanted = request.args.get("part", 0, type=int)
    return min(max(wanted, 0), max(0, (count - 1) // MOST_STUDENTS))


def _parts(count: int, part: int) -> list[dict[str, Any]]:
    if count <= MOST_STUDENTS:
        return []
    return [
        {
            "words": f"{first + 1}–{min(first + MOST_STUDENTS, count)}",
            "href": url_for("day_grid.page", part=number, show=request.args.get("show")),
            "here": number == part,
        }
        for number, first in enumerate(range(0, count, MOST_STUDENTS))
    ]


def _address() -> str:
    return url_for("day_grid.page", part=request.args.get("part"), show=request.args.get("show"))


ROOM = Room(pages=(blueprint,))
