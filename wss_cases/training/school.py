"""Training of a school: unmet minimums, who is due, what is on record; all schools; one's own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, panel_card
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row
from wss_cases.journal.rooms import ListKind, ListRead, Panel, Place, Room
from wss_cases.roster.directory.queries import get_school, schools_by_id
from wss_cases.training.records.models import TrainingRecord, own_records, records_of, school_asked, staff_of
from wss_cases.training.records.pages import hours_words, row_of, state_of, total_minutes
from wss_cases.training.requirements.models import (
    ORDER,
    PersonStanding,
    SchoolStanding,
    Standing,
    minimums_at,
    own_due,
    requirements_on,
    standings_at,
    standings_of_schools,
)
from wss_cases.training.requirements.pages import TONES, minimum_words
from wss_cases.training.topics import topic_names

FIRST_DAY, LAST_DAY = date.min, date.max


def in_order(rows: Sequence[Any], order: Order, keys: Mapping[str, Callable[[Any], Any]]) -> list[Any]:
    by_name = sorted(rows, key=keys["who"])
    return sorted(by_name, key=keys[order.key], reverse=order.down)


def due_rows(school_id: int, today: date, order: Order, topic: str = "", standing: str = "") -> list[PersonStanding]:
    """Return how the people of a school stand, narrowed and in order."""
    names = topic_names()
    rows = [
        one
        for one in standings_at(school_id, today)
        if topic in ("", one.requirement.topic) and standing in ("", one.standing)
    ]
    return in_order(
        rows,
        order,
        {
            "who": lambda one: one.name.casefold(),
            "topic": lambda one: names[one.requirement.topic].casefold(),
            "role": lambda one: str(ROLE_LABELS[one.requirement.role]),
            "standing": lambda one: (ORDER.index(one.standing), one.due_on or FIRST_DAY),
            "due": lambda one: one.due_on or FIRST_DAY,
        },
    )


def due_cells(rows: Sequence[PersonStanding]) -> list[Row]:
    """Return the rows of who is due, cell by cell."""
    names = topic_names()
    return [
        {
            "who": Cell(one.name),
            "topic": Cell(names[one.requirement.topic]),
            "role": Cell(str(ROLE_LABELS[one.requirement.role]) if one.requirement.role else ""),
            "standing": Cell(str(one.standing.label), tone=TONES[one.standing]),
            "due": Cell(day_words_with_year(one.due_on) if one.due_on else ""),
        }
        for one in rows
    ]


def read_due(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the list of who is due as a file takes it."""
    school_id = school_asked(actor, arguments)
    if school_id is None:
        return ListRead([], [], {}, None)
    topic, standing = arguments.get("topic", ""), arguments.get("standing", "")
    rows = due_rows(school_id, today_at(school_id, now), order_of(DUE, arguments), topic, standing)
    words = [topic_names().get(topic, ""), str(Standing(standing).label) if standing in set(Standing) else ""]
    asked = {"school": school_id, "topic": topic, "standing": standing, "sort": arguments.get("sort", "")}
    return ListRead(due_cells(rows[:limit]), [one for one in words if one], _said(asked), school_id)


def _said(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value}


def record_rows(school_id: int, today: date, order: Order) -> list[tuple[str, TrainingRecord]]:
    """Return every training of a school's staff with their name, in order."""
    staff, names = staff_of(school_id, today), topic_names()
    rows = [(staff[row.user_id], row) for row in records_of(staff.keys())]
    return in_order(
        rows,
        order,
        {
            "who": lambda one: one[0].casefold(),
            "topic": lambda one: names[one[1].topic].casefold(),
            "completed": lambda one: one[1].completed_on,
            "hours": lambda one: one[1].minutes or 0,
            "until": lambda one: one[1].valid_until or LAST_DAY,
        },
    )


def record_cells(rows: Sequence[tuple[str, TrainingRecord]], school_id: int, today: date) -> list[Row]:
    """Return trainings on record, cell by cell; only what this school recorded leads to its page."""
    names = topic_names()
    cells: list[Row] = []
    for name, row in rows:
        words, tone = state_of(row, today)
        own = row.school_id == school_id
        cells.append(
            {
                "who": Cell(name),
                "topic": Cell(
                    names[row.topic],
                    href=url_for("training_records.training", training_id=row.id) if own else "",
                    about=name if own else "",
                ),
                "completed": Cell(day_words_with_year(row.completed_on)),
                "hours": Cell(hours_words(row.minutes)),
                "provider": Cell(row.provider),
                "certificate": Cell(row.certificate),
                "until": Cell(day_words_with_year(row.valid_until) if row.valid_until else ""),
                "state": Cell(words, tone=tone),
            }
        )
    return cells


def read_records(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the trainings on record as a file takes them."""
    school_id = school_asked(actor, arguments)
    if school_id is None:
        return ListRead([], [], {}, None)
    today = today_at(school_id, now)
    rows = record_rows(school_id, today, order_of(RECORDS, arguments))[:limit]
    asked = _said({"school": school_id, "sort": arguments.get("sort", "")})
    return ListRead(record_cells(rows, school_id, today), [], asked, school_id)


def school_rows(actor: Actor, today: date, order: Order) -> list[tuple[str, SchoolStanding]]:
    """Return how each school that the actor answers for stands, with its name, in order."""
    found = standings_of_schools(actor, today)
    schools = schools_by_id(found.keys())
    rows = [(schools[key].name, one) for key, one in found.items()]
    return in_order(
        rows,
        order,
        {
            "who": lambda one: one[0].casefold(),
            "unmet": lambda one: len(one[1].unmet),
            **{standing.value: _people_in(standing) for standing in (Standing.NONE, Standing.OVERDUE, Standing.DUE)},
        },
    )


def _people_in(standing: Standing) -> Callable[[tuple[str, SchoolStanding]], int]:
    return lambda one: one[1].people[standing]


def school_cells(rows: Sequence[tuple[str, SchoolStanding]]) -> list[Row]:
    """Return how schools stand, cell by cell."""
    names = topic_names()
    return [
        {
            "who": Cell(name, href=url_for("trainings.school", school=one.school_id)),
            "unmet": Cell("; ".join(minimum_words(row, names) for row in one.unmet), tone="brick" if one.unmet else ""),
            **{
                standing.value: Cell(str(one.people[standing]))
                for standing in (Standing.NONE, Standing.OVERDUE, Standing.DUE)
            },
        }
        for name, one in rows
    ]


def read_schools(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    rows = school_rows(actor, today_at(None, now), order_of(SCHOOLS, arguments))[:limit]
    one_school = rows[0][1].school_id if len(rows) == 1 else None
    return ListRead(school_cells(rows), [], _said({"sort": arguments.get("sort", "")}), one_school)


DUE = ListKind(
    "trainings_due", _l("Trainings due"),
    (
        Column("who", _l("Name"), sorts=True, always=True),
        Column("topic", _l("Training"), sorts=True),
        Column("role", _l("Role"), sorts=True),
        Column("standing", _l("State"), sorts=True),
        Column("due", _l("Due"), sorts=True, said=True),
    ),
    Order("standing"), Permission.TRAINING_MANAGE, "trainings.school", read_due,
)  # fmt: skip
RECORDS = ListKind(
    "trainings_on_record", _l("Trainings on record"),
    (
        Column("who", _l("Name"), sorts=True, always=True),
        Column("topic", _l("Training"), sorts=True),
        Column("completed", _l("Completed"), sorts=True, said=True),
        Column("hours", _l("Hours"), sorts=True, said=True),
        Column("provider", _l("Trained by")),
        Column("certificate", _l("Certificate"), off=True),
        Column("until", _l("Valid until"), sorts=True, said=True),
        Column("state", _l("State")),
    ),
    Order("completed", down=True), Permission.TRAINING_MANAGE, "trainings.on_record", read_records,
)  # fmt: skip
SCHOOLS = ListKind(
    "trainings_by_school", _l("Trainings by school"),
    (
        Column("who", _l("School"), sorts=True, always=True),
        Column("unmet", _l("Minimums not met"), sorts=True),
        Column("none", _l("No training on record"), sorts=True, said=True),
        Column("overdue", _l("Overdue"), sorts=True, said=True),
        Column("due", _l("Due within 60 days"), sorts=True, said=True),
    ),
    Order("unmet", down=True), Permission.TRAINING_MANAGE, "trainings.schools", read_schools,
)  # fmt: skip


blueprint = Blueprint("trainings", __name__, url_prefix="/training")
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


own_pages = Blueprint("own_trainings", __name__, url_prefix="/training/mine")


def own_panel(actor: Actor) -> tuple[str, dict[str, Any]] | None:
    """What stands on the account's page of whoever works in a school: the way to their own trainings."""
    if not might(actor, Permission.TRAINING_OWN):
        return None
    words = _("Your trainings and hours.")
    return panel_card(_("My trainings"), words, link=(_("Open"), url_for("own_trainings.page")))


@own_pages.get("", endpoint="page")
@gate(Permission.TRAINING_OWN)
def own() -> Page:
    """One's own trainings and hours, and what is required of one."""
    actor = current_actor()
    today = today_at(min(actor.school_ids(*STAFF), default=None), clock.now())
    rows, names = own_records(actor), topic_names()
    required = [
        {
            "title": names[one.requirement.topic],
            "meta": _("Due %(day)s", day=day_words_with_year(one.due_on)) if one.due_on else "",
            "tag": one.standing.label,
            "tone": TONES[one.standing],
        }
        for one in own_due(actor, today)
    ]
    return render_template(
        "training/own/page.html",
        rows=[row_of(row, names, today) for row in rows],
        hours=hours_words(total_minutes(rows)),
        required=required,
    )


ROOM = Room(
    pages=(blueprint, own_pages), lists=(DUE, RECORDS, SCHOOLS), panels=(Panel(Place.OWN_ACCOUNT, 15, own_panel),)
)
