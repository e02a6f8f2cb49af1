"""The list of reports as a page and as a file, and reports in the search.

Reporters see their own reports by number; the case team sees the school's, with the students.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.access.visibility import first_in_view
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import _, _l, dotted
from wss_cases.foundation.ids import id_in, search_words
from wss_cases.foundation.school_time import day_words_with_year, moment_words
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts, shown_columns
from wss_cases.incidents.incident.models import Addendum, Incident
from wss_cases.incidents.incident.queries import visible_to
from wss_cases.incidents.incident.rules import IncidentFilter
from wss_cases.incidents.incident.states import Tile
from wss_cases.incidents.lists import LISTED, NEWEST, PAGE, counts_by_group, filtered, students_in
from wss_cases.incidents.pages import (
    PARAMETERS,
    TAB_LABELS,
    TONES,
    chips,
    is_tab,
    pages,
    place_names,
    read_filter,
    state_of,
    state_words,
    title_words,
)
from wss_cases.journal.rooms import Hit, ListKind, ListRead, Room, Searchable, WordSource
from wss_cases.journal.word_index import ids_holding
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import reached_schools, schools_by_id


def reports_found(actor: Actor, typed: str, limit: int, skip: int) -> Sequence[Any]:
    """Visible reports with all typed words: first the one with a typed number, then the newest."""
    words = search_words(typed)
    if not words or not actor.has(*STAFF):
        return []
    visible = visible_to(select(Incident.id), actor)
    schools = reached_schools(actor, *STAFF)
    ids = ids_holding("incident_id", words, schools, visible, Incident.number, limit, skip)
    columns = [getattr(Incident, name) for name in (*LISTED, "reporter_id")]
    rows = db.session.execute(select(*columns).where(Incident.id.in_(ids))) if ids else ()
    return sorted(rows, key=lambda row: ids.index(row.id))


def report_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Reports with their people for the case team, and the school if the actor works at several."""
    rows, own = reports_found(actor, typed, limit, skip), not actor.has(*CASE_TEAM)
    whom = {} if own else students_in([row.id for row in rows])
    schools, places = schools_by_id({row.school_id for row in rows}), place_names()
    several = len(actor.school_ids(*CASE_TEAM)) != 1
    return [
        Hit(
            title_words(row.tile, places.get(row.location_code, row.location_code)),
            url_for("incidents.incident", incident_id=row.id),
            dotted(
                whom_words(whom.get(row.id, []), actor),
                row.reference,
                moment_words(row.occurred_at, schools[row.school_id].time_zone),
                schools[row.school_id].name if several else "",
            ),
            state_of(row, own=own),
            TONES.get(row.state, "slate"),
        )
        for row in rows
    ]


WHO = Column("who", _l("Who"), sorts=True, always=True)
WHAT, WHERE = Column("what", _l("What"), sorts=True), Column("where", _l("Where"), sorts=True)
WHEN = Column("when", _l("When"), sorts=True)
REPORTER = Column("reporter", _l("Reported by"), sorts=True, said=True)
NUMBER = Column("number", _l("Report number"), sorts=True)
DANGER, STATE = Column("danger", _l("Danger"), sorts=True), Column("state", _l("State"), sorts=True)


def kind_of(actor: Actor) -> ListKind:
    return REPORTS if actor.has(*CASE_TEAM) else OWN_REPORTS


def narrowed(actor: Actor, arguments: Mapping[str, str]) -> IncidentFilter:
    """The filters of the list; for the case team at least the school in use."""
    narrow = read_filter(arguments)
    if narrow.school is None and actor.has(*CASE_TEAM) and (school_id := chosen_school_id(actor, *CASE_TEAM)):
        return read_filter({**arguments, "school": str(school_id)})
    return narrow


def report_rows(
    actor: Actor, narrow: IncidentFilter, order: Order, behind: int | None = None, limit: int = 1
) -> Sequence[Any]:
    labels: Mapping[str, Any] = {}
    if order.key == "what":
        labels = {tile.value: label for tile, label in Tile.labels().items()}
    elif order.key == "where":
        labels = place_names()
    return filtered(actor, narrow, order, behind, limit, labels)


def report_cells(rows: Sequence[Any], actor: Actor) -> list[Row]:
    """Rows of the list, cell by cell: with the people for the case team, otherwise the reporter's own."""
    kind = kind_of(actor)
    shown = {one.key for one in shown_columns(kind.name, kind.columns, actor.list_columns)}
    whom = students_in([row.id for row in rows]) if "who" in shown else {}
    names = user_names([row.reporter_id for row in rows]) if "reporter" in shown else {}
    places, schools = place_names(), schools_by_id({row.school_id for row in rows})
    return [
        {
            "who": Cell(
                whom_words(whom.get(row.id, []), actor) or _("No student named"),
                href=(href := url_for("incidents.incident", incident_id=row.id)),
                about=row.reference,
            ),
            "what": Cell(str(Tile(row.tile).label)),
            "where": Cell(places.get(row.location_code, row.location_code)),
            "when": Cell(moment_words(row.occurred_at, schools[row.school_id].time_zone)),
            "reporter": Cell(names.get(row.reporter_id or 0, "")),
            "number": Cell(row.reference, href="" if "who" in shown else href),
            "danger": Cell(_("Hurt or in danger when it was reported") if row.danger_now else "", tone="brick"),
            "state": Cell(state_of(row, own="who" not in shown), tone=TONES.get(row.state, "slate")),
        }
        for row in rows
    ]


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """Filters and order in an address."""
    return {name: arguments[name] for name in (*PARAMETERS, "sort") if arguments.get(name)}


def filters_of(narrow: IncidentFilter) -> list[str]:
    """The filters in words, including the tab."""
    words = [text for _name, text in chips(narrow)]
    return [state_words(narrow.state), *words] if narrow.state and is_tab(narrow.state) else words


def read_reports(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """The list as a download."""
    narrow, order = narrowed(actor, arguments), order_of(kind_of(actor), arguments)
    rows = report_rows(actor, narrow, order, limit=limit)
    cells = in_parts(rows, lambda part: report_cells(part, actor))
    return ListRead(cells, filters_of(narrow), asked_of(arguments), narrow.school)


_REPORTS = (NEWEST, Permission.INCIDENT_READ, "incidents.incidents", read_reports)
REPORTS = ListKind("reports", _l("Incidents"), (WHO, WHAT, WHERE, WHEN, REPORTER, NUMBER, DANGER, STATE), *_REPORTS)
OWN_REPORTS = ListKind(
    "own_reports",
    _l("Incidents"),
    (Column("number", _l("Report number"), sorts=True, always=True), WHAT, WHERE, WHEN, DANGER, STATE),
    *_REPORTS,
)


LISTS = (REPORTS, OWN_REPORTS)


@pages.get("/incidents")
@gate(Permission.INCIDENT_READ)
def incidents() -> str:
    """The actor's own reports, or the school's for the case team, with the filters of the address."""
    actor = current_actor()
    narrow, kind = narrowed(actor, request.args), kind_of(actor)
    order, behind = order_of(kind, request.args), id_in(request.args.get("before"))
    rows = report_rows(actor, narrow, order, behind, PAGE + 1)
    older = _address(before=str(rows[PAGE - 1].id)) if len(rows) > PAGE else None
    first = first_in_view(actor, narrow.school, *STAFF)
    counts = counts_by_group(actor, narrow)
    cells = report_cells(rows[:PAGE], actor)
    return render_template(
        "incidents/pages/list.html",
        faded_before=day_words_with_year(first) if first and not older else "",
        table=table_of(kind, actor, cells, order, _address, asked_of(request.args), filters_of(narrow)),
        count=counts.get(narrow.state or "all"),
        narrow=narrow,
        chips=[(words, _address(**{name: ""})) for name, words in chips(narrow) if name in request.args],
        title=state_words(narrow.state),
        tabs=_tabs(narrow, counts) if is_tab(narrow.state) else [],
        all_href=_address(state=""),
        clear_href=url_for("incidents.incidents", school=request.args.get("school") or None),
        older=older,
        newest=_address(before="") if behind else None,
        team=actor.has(*CASE_TEAM),
        may_report=might(actor, Permission.INCIDENT_REPORT),
    )


def _tabs(narrow: IncidentFilter, counts: Mapping[str, int]) -> list[tuple[str, str, bool, int | None]]:
    """(words, address, whether it is current, number or None) of each tab."""
    every = [("", _("All")), *TAB_LABELS.items()]
    return [
        (str(words), _address(state=name), (narrow.state or "") == name, counts.get(name or "all"))
        for name, words in every
    ]


def _address(**changes: str | None) -> str:
    parameters = asked_of(request.args) | changes
    return url_for("incidents.incidents", **{name: value for name, value in parameters.items() if value})  # type: ignore[arg-type]


ROOM = Room(
    searchable=(Searchable("reports", _l("Reports"), 30, report_hits),),
    word_sources=(
        WordSource(
            "incident_id",
            Incident,
            ("reference", "number", "tile", "location_code", "narrative", "immediate_action"),
            {Addendum: ("incident_id", ("text",))},
        ),
    ),
    lists=LISTS,
)
