"""How a day's cards read as a grid: a row for each goal of a student, a column for each period, totals, yesterday."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased, joinedload
from wtforms.validators import InputRequired, Length

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.scope import in_schools
from wss_cases.access.visibility import in_view
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.models import CaseParticipant
from wss_cases.foundation import clock
from wss_cases.foundation.dates import long_day_words, time_words
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, ShortText
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.pathways.common.rules import Pathway
from wss_cases.pathways.mentoring.cells import Cell, mark_cell, marks_in, note_arrival, note_departure
from wss_cases.pathways.mentoring.day_grid.rules import (
    IN,
    LEFT,
    OUT,
    POINTS,
    Change,
    Place,
    changes_in,
    columns_of,
    is_answer,
    name_of,
    place_in,
    points_of,
    shown_text,
)
from wss_cases.pathways.mentoring.plan.models import (
    BEST_MARK,
    Came,
    DailyCard,
    DailyCardDay,
    Mentor,
    MentoringPlan,
    MentoringSession,
    Missed,
)
from wss_cases.pathways.mentoring.plan.queries import LOGGED, is_team, told_apart
from wss_cases.pathways.mentoring.plan.rules import percent
from wss_cases.roster.directory.pages import initials_of
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Kind


@dataclass(frozen=True)
class CardOfDay:
    """One student's card with what stands on it today and on the school day before, and today's log."""

    pathway_id: int
    name: str
    card: DailyCard
    today: DailyCardDay | None
    before: DailyCardDay | None
    session: MentoringSession | None


def cards_of_day(
    actor: Actor, school_id: int, today: date, before: date, pathway_id: int | None = None
) -> list[CardOfDay]:
    """Return the cards of a school that the actor marks, by name: the team those of all, a mentor their own.

    With `pathway_id` the one of that pathway, or none.
    """
    now, then = aliased(DailyCardDay), aliased(DailyCardDay)
    plan, log = MentoringPlan, MentoringSession
    own = and_(Mentor.user_id == actor.user_id, Mentor.is_active, in_schools(plan.school_id, actor, *STAFF))
    statement: Any = (
        select(plan, Pathway, DailyCard, now, then, log)
        .join(Pathway, Pathway.id == plan.pathway_id)
        .join(DailyCard, DailyCard.pathway_id == plan.pathway_id)
        .outerjoin(Mentor, Mentor.id == plan.mentor_id)
        .outerjoin(now, and_(now.card_id == DailyCard.id, now.on_day == today))
        .outerjoin(then, and_(then.card_id == DailyCard.id, then.on_day == before))
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
    return sorted(cards, key=lambda one: (one.name.casefold(), one.pathway_id))


def _name(actor: Actor, own: Any) -> str:
    """The team knows a student by the whole name, or by initials if they chose so; a mentor by the given name."""
    if not is_team(actor, own.plan) or own.student is None:
        return str(own.name)
    return initials_of(own.student.shown_name) if actor.initials else str(own.student.shown_name)


class DayForm(BaseForm):
    """The whole grid: its cells have names of their own (see `rules.place_in`)."""


class CellForm(BaseForm):
    """One cell: its name, what was chosen, and what it showed before ('' for nothing)."""

    cell = ShortText(validators=[InputRequired()], limit=80)
    value = ShortText(validators=[Length(max=10)])
    seen = ShortText(validators=[Length(max=10)])


def grid_row(one: CardOfDay, columns: Sequence[str]) -> dict[str, Any]:
    """Return a student of the grid: arrival, departure, goals with their cells, total, and what was shown."""
    here, left = _came(one), one.today is not None and one.today.checked_out_at is not None
    goals = [_goal(one, number, columns) for number in range(len(one.card.expectations))]
    cells = [cell for goal in goals for cell in goal["cells"] if cell is not None]
    arrival, departure = _name_shown(one, IN), _name_shown(one, OUT)
    values = {arrival: here, departure: LEFT if left else "", **{cell["name"]: cell["value"] for cell in cells}}
    return {
        "pathway_id": one.pathway_id,
        "name": one.name,
        "href": url_for("mentoring_card.card", pathway_id=one.pathway_id),
        "arrival": {"name": arrival, "value": here},
        "departure": {"name": departure, "value": values[departure]},
        "absent": here == Came.ABSENT,
        "other_reason": _other_reason(one),
        "goals": goals,
        "shown": shown_text(values),
        **totals(one),
    }


def totals(one: CardOfDay) -> dict[str, Any]:
    """Return a student's points of today in words, and whether they reach the goal of the day."""
    marks = one.today.marks if one.today is not None else {}
    given = [points_of(marks, number) for number in range(len(one.card.expectations))]
    points, most = sum(pair[0] for pair in given), sum(pair[1] for pair in given)
    share = percent(marks)
    words = "" if share is None else _("%(points)d of %(most)d · %(share)d%%", points=points, most=most, share=share)
    return {"total": words, "reached": share is not None and share >= one.card.goal_percent}


def value_of(one: CardOfDay, place: Place) -> str:
    """Return what stands in a cell now; '' for nothing."""
    if place.what == IN:
        return _came(one)
    if place.what == OUT:
        return LEFT if one.today is not None and one.today.checked_out_at is not None else ""
    period = one.card.periods[place.period]
    mark = marks_in(one.today, period, len(one.card.expectations))[place.goal]
    return "" if mark is None else str(mark)


def counted(rows: Sequence[dict[str, Any]]) -> str:
    """Return how many of these students are in, absent and out, in one line."""
    here = sum(row["arrival"]["value"] == Came.HERE for row in rows)
    absent = sum(row["absent"] for row in rows)
    left = sum(bool(row["departure"]["value"]) for row in rows)
    return _("%(here)s in, %(absent)s absent, %(left)s out", here=here, absent=absent, left=left)


def _came(one: CardOfDay) -> str:
    if one.today is not None and one.today.checked_in_at is not None:
        return str(Came.HERE)
    absent = one.session is not None and one.session.missed == Missed.STUDENT_ABSENT
    return str(Came.ABSENT) if absent else ""


def _other_reason(one: CardOfDay) -> str:
    missed = one.session.missed if one.session is not None else None
    return str(Missed(missed).label) if missed not in (None, Missed.STUDENT_ABSENT) else ""


def _goal(one: CardOfDay, number: int, columns: Sequence[str]) -> dict[str, Any]:
    return {
        "words": one.card.expectations[number],
        "cells": [_cell(one, number, period) for period in columns],
        "before": _before(one, number),
    }


def _cell(one: CardOfDay, goal: int, period: str) -> dict[str, str] | None:
    if period not in one.card.periods:
        return None
    place = Place(POINTS, one.pathway_id, one.card.periods.index(period), goal)
    return {"name": name_of(place), "value": value_of(one, place), "period": period}


def _before(one: CardOfDay, goal: int) -> str:
    if one.before is None:
        return ""
    points, most = points_of(one.before.marks, goal)
    return _("%(points)d of %(most)d", points=points, most=most) if most else ""


def _name_shown(one: CardOfDay, what: str) -> str:
    return name_of(Place(what, one.pathway_id))


MARKS = tuple(str(mark) for mark in range(BEST_MARK + 1))


blueprint = Blueprint("day_grid", __name__, url_prefix="/mentoring/today")

MOST_STUDENTS = 25
"""Students on one page of the grid."""


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.MENTORING_LOG)
def page() -> Page:
    """Today's grid; without JavaScript it is one form."""
    actor = current_actor()
    school_id, today, days = _school_day(actor)
    form = DayForm()
    refused: list[str] = []
    if form.is_submitted():
        cards = {one.pathway_id: one for one in _cards(actor, school_id, today, days)}
        refused = _save_all(actor, form, cards, today) if form.validate() else [_("Send the form again.")]
        if not refused:
            return redirect(_address(), 303)
    cards_now = _cards(actor, school_id, today, days)
    part = _part(len(cards_now))
    columns = columns_of([], [one.card.periods for one in cards_now])
    rows = [grid_row(one, columns) for one in cards_now[part * MOST_STUDENTS : (part + 1) * MOST_STUDENTS]]
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
    """Save one cell, for the grid's script: answers when it was saved, or why not and what stands there."""
    actor = current_actor()
    school_id, today, days = _school_day(actor)
    form = CellForm()
    place = place_in(form.cell.data or "")
    value = form.value.data or ""
    if not form.validate() or place is None or not is_answer(place, value):
        return jsonify(error=_("This could not be saved. Load the page again.")), 400
    one = _card(actor, school_id, today, days, place)
    change = Change(form.cell.data, place, value, form.seen.data or "")
    try:
        _save(actor, change, one, today, form.request_key.data)
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
    one = existing(cards[0] if cards else None)
    if place.what == POINTS and not (place.period < len(one.card.periods) and place.goal < len(one.card.expectations)):
        raise NotFound
    return one


def _save_all(actor: Actor, form: DayForm, cards: dict[int, CardOfDay], today: date) -> list[str]:
    """Save what a sent form changes, each cell by itself; returns what was refused, in words."""
    sent = {name: value for name, value in request.form.items() if place_in(name)}
    refused = []
    for change in changes_in(sent, request.form.getlist("shown")):
        one = cards.get(change.place.pathway_id)
        if one is None:
            raise NotFound
        try:
            _save(actor, change, one, today, f"{form.request_key.data}:{change.name}")
        except Refused as refusal:
            refused.append(f"{one.name}: {refusal.message}")
    return refused


def _save(actor: Actor, change: Change, one: CardOfDay, today: date, key: str) -> None:
    call, place = Invocation(actor, clock.now(), key), change.place
    if place.what == IN:
        note_arrival(call, place.pathway_id, Came(change.value) if change.value else None)
    elif place.what == OUT:
        note_departure(call, place.pathway_id, bool(change.value))
    else:
        if place.period >= len(one.card.periods):
            raise NotFound
        points, seen = (int(text) if text else None for text in (change.value, change.seen))
        mark_cell(call, place.pathway_id, today, Cell(one.card.periods[place.period], place.goal, points, seen))


def _shown(rows: list[dict[str, Any]], periods: int) -> str:
    """Which column a phone shows: the one that was asked for, else arrivals until all are known, then departures."""
    asked = request.args.get("show", "")
    if asked in (IN, OUT, *(str(number) for number in range(periods))):
        return asked
    return IN if any(not row["arrival"]["value"] for row in rows) else OUT


def _part(count: int) -> int:
    asked = request.args.get("part", 0, type=int)
    return min(max(asked, 0), max(0, (count - 1) // MOST_STUDENTS))


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
