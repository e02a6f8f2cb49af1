"""Training of a school: minimums it does not meet, who has none or is due, what is on record; and all schools."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Row
from wss_cases.journal.rooms import ListKind
from wss_cases.roster.directory.queries import get_school
from wss_cases.training.records.queries import school_asked
from wss_cases.training.requirements.presenters import minimum_words
from wss_cases.training.requirements.queries import minimums_at, requirements_on
from wss_cases.training.requirements.states import Standing
from wss_cases.training.school.presenters import (
    DUE,
    RECORDS,
    SCHOOLS,
    due_cells,
    due_rows,
    record_cells,
    record_rows,
    school_cells,
    school_rows,
)
from wss_cases.training.topics import topic_names

blueprint = Blueprint("trainings", __name__, url_prefix="/training")
LISTS = (DUE, RECORDS, SCHOOLS)
PAGE = 50


@blueprint.get("")
@gate(Permission.TRAINING_MANAGE)
def school() -> Page:
    """A school's training: minimums it does not meet first, then who has none, who is overdue, who is due."""
    actor, now = current_actor(), clock.now()
    school_id = school_asked(actor, request.args)
    if school_id is None:
        return redirect(url_for(".schools"))
    today, names = today_at(school_id, now), topic_names()
    topic, standing = request.args.get("topic", ""), request.args.get("standing", "")
    narrowed = {"topic": topic if topic in names else "", "standing": standing if standing in set(Standing) else ""}
    rows = due_rows(school_id, today, order_of(DUE, request.args), **narrowed)
    return render_template(
        "training/school/school.html",
        place=existing(get_school(school_id)),
        minimums=[(minimum_words(one, names), one.met) for one in minimums_at(school_id, today)],
        asked=narrowed,
        asks=bool(requirements_on(today)),
        filters=_filters(names),
        today=day_words_with_year(today),
        **_listed(DUE, rows, due_cells, {"school": school_id, **{key: one for key, one in narrowed.items() if one}}),
    )


def _filters(names: Mapping[str, str]) -> list[tuple[str, str, list[tuple[str, Any]]]]:
    topics = sorted(names.items(), key=lambda one: one[1].casefold())
    standings = [(one.value, one.label) for one in Standing]
    return [("topic", _("Training"), topics), ("standing", _("State"), standings)]


def _listed(
    kind: ListKind, rows: Sequence[Any], cells: Callable[[Sequence[Any]], list[Row]], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a page of a list as its template takes it; `after` counts the rows that came before."""
    order, after = order_of(kind, request.args), id_in(request.args.get("after")) or 0
    sort = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for(kind.page, **{**asked, **changes})

    words = [str(value) for name, value in asked.items() if name != "school"]
    shown = cells(rows[after : after + PAGE])
    return {
        "table": table_of(kind, current_actor(), shown, order, address, dict(asked), words),
        "count": len(rows),
        "newer": address(**sort) if after else None,
        "older": address(after=after + PAGE, **sort) if len(rows) > after + PAGE else None,
    }


@blueprint.get("/on-record")
@gate(Permission.TRAINING_MANAGE)
def on_record() -> Page:
    """Every training that a school's staff have on record."""
    school_id = school_asked(current_actor(), request.args)
    if school_id is None:
        return redirect(url_for(".schools"))
    today = today_at(school_id, clock.now())
    rows = record_rows(school_id, today, order_of(RECORDS, request.args))
    return render_template(
        "training/school/on_record.html",
        place=existing(get_school(school_id)),
        **_listed(RECORDS, rows, lambda part: record_cells(part, school_id, today), {"school": school_id}),
    )


@blueprint.get("/schools")
@gate(Permission.TRAINING_MANAGE)
def schools() -> Page:
    """How each school that one answers for stands: minimums not met, and how many people are due."""
    rows = school_rows(current_actor(), today_at(None, clock.now()), order_of(SCHOOLS, request.args))
    return render_template("training/school/schools.html", **_listed(SCHOOLS, rows, school_cells, {}))
