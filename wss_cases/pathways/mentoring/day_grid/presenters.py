"""How a day's cards read as a grid: a row for each goal of a student, a column for each period, totals, yesterday."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.mentoring.cells.actions import marks_in
from wss_cases.pathways.mentoring.day_grid.queries import CardOfDay
from wss_cases.pathways.mentoring.day_grid.rules import IN, LEFT, OUT, POINTS, Place, name_of, points_of, shown_text
from wss_cases.pathways.mentoring.plan.rules import percent
from wss_cases.pathways.mentoring.plan.states import BEST_MARK, Came, Missed


def grid_row(one: CardOfDay, columns: Sequence[str]) -> dict[str, Any]:
    """Return a student of the grid: arrival, departure, goals with their cells, total, and what was shown."""
    here, left = _came(one), one.today is not None and one.today.checked_out_at is not None
    goals = [_goal(one, number, columns) for number in range(len(one.card.expectations))]
    cells = [cell for goal in goals for cell in goal["cells"] if cell is not None]
    arrival, departure = _name(one, IN), _name(one, OUT)
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


def _name(one: CardOfDay, what: str) -> str:
    return name_of(Place(what, one.pathway_id))


MARKS = tuple(str(mark) for mark in range(BEST_MARK + 1))
