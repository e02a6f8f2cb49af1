"""The daily grid of check-in/check-out: students by periods, one tap a cell, saved as one goes or as one form."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import long_day_words, time_words
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.pathways.mentoring.cells.actions import Cell, mark_cell, note_arrival, note_departure
from wss_cases.pathways.mentoring.day_grid.forms import CellForm, DayForm
from wss_cases.pathways.mentoring.day_grid.presenters import MARKS, counted, grid_row, totals, value_of
from wss_cases.pathways.mentoring.day_grid.queries import CardOfDay, cards_of_day
from wss_cases.pathways.mentoring.day_grid.rules import (
    IN,
    OUT,
    POINTS,
    Change,
    Place,
    changes_in,
    columns_of,
    is_answer,
    place_in,
)
from wss_cases.pathways.mentoring.plan.states import Came
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays

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
