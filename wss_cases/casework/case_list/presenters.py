"""The list of cases in words: its columns, its rows, what narrows it; one list for the page and for its file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.school_choice import chosen_school_id
from wss_cases.accounts.list_columns.presenters import order_of
from wss_cases.cases.case.queries import place_words, students_in
from wss_cases.cases.case.states import CaseOrigin, CaseState
from wss_cases.casework.case_list.queries import NEWEST, CaseFilter, CaseRow, Sorting, case_rows
from wss_cases.casework.next_act.presenters import harm_words
from wss_cases.casework.next_act.rules import why_stuck
from wss_cases.casework.next_act.states import Stuck
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import in_language
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import today_at
from wss_cases.foundation.tables.columns import Cell, Column, Row, in_parts
from wss_cases.incidents.incident.queries import locations
from wss_cases.incidents.incident.states import Tile
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.roster.directory.presenters import whom_words

OPEN_ONES, EVERY_ONE = "open", "all"
COLUMNS = (
    Column("who", _l("Who"), sorts=True, always=True),
    Column("what", _l("What"), sorts=True),
    Column("where", _l("Where"), sorts=True),
    Column("opened", _l("Opened"), sorts=True),
    Column("lead", _l("Coordinator"), sorts=True, said=True),
    Column("review", _l("Next review"), sorts=True, wide=True),
    Column("number", _l("Case number"), sorts=True),
    Column("stuck", _l("Needs attention")),
    Column("state", _l("State"), sorts=True),
)


def state_choices() -> list[tuple[str, Any]]:
    """Return what the list can be narrowed to by state, with the words."""
    return [(OPEN_ONES, _("Open")), *((one.value, one.label) for one in CaseState), (EVERY_ONE, _("All"))]


def wanted_of(actor: Actor, arguments: Mapping[str, str]) -> CaseFilter:
    """Return what an address narrows the list to; what it cannot mean narrows nothing."""
    state = arguments.get("state", OPEN_ONES)
    return CaseFilter(
        lead_id=actor.user_id if whose_of(arguments) == "mine" else None,
        school_id=chosen_school_id(actor, *CASE_TEAM),
        state=state if state in {value for value, _words in state_choices()} else OPEN_ONES,
        text=arguments.get("q", "").strip()[:40],
    )


def whose_of(arguments: Mapping[str, str]) -> str:
    """Return whose cases are asked for: 'mine', or those of the whole 'school'."""
    return "mine" if arguments.get("whose") == "mine" else "school"


def asked_of(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says of the list's filters and order."""
    return {name: arguments[name] for name in ("whose", "state", "q", "sort") if arguments.get(name)}


def filter_words(wanted: CaseFilter) -> dict[str, str]:
    """Return what narrows the list besides the tab, in words, by the parameter that does."""
    words = {"state": "" if wanted.state == OPEN_ONES else str(dict(state_choices())[wanted.state]), "q": wanted.text}
    return {name: text for name, text in words.items() if text}


def sorting_of(arguments: Mapping[str, str]) -> Sorting:
    """Return the order that an address asks for, with the labels that it needs."""
    order = order_of(CASES, arguments)
    if order.key == "what":
        return Sorting(order, kinds={one.value: one.label for one in (*Tile, *CaseOrigin)})
    if order.key == "where":
        return Sorting(order, places={one.code: in_language(one, "label") for one in locations()})
    return Sorting(order)


def case_cells(rows: Sequence[CaseRow], actor: Actor, today: date) -> list[Row]:
    """Return the rows of the list, cell by cell."""
    places, whom = place_words(row.location_code for row in rows), students_in([row.id for row in rows])
    return [_cells(row, places, today, actor, whom.get(row.id, [])) for row in rows]


def _cells(row: CaseRow, places: Mapping[str, str], today: date, actor: Actor, whom: Sequence[str]) -> Row:
    stuck = why_stuck(row.state, today, row.next_review_on, row.lead_works, row.overdue, row.live)
    who, href = whom_words(whom, actor) or _("No student named"), url_for("casework.case", case_id=row.id)
    return {
        "who": Cell(who, href=href, about=row.reference),
        "what": Cell(harm_words(row.harm_kind)),
        "where": Cell(places.get(row.location_code, "")),
        "opened": Cell(day_words(row.opened_on)),
        "lead": Cell(_lead(row, actor)),
        "review": Cell(day_words(row.next_review_on)),
        "stuck": Cell(str(Stuck(stuck).label) if stuck else "", tone="sun"),
        "state": Cell(str(CaseState(row.state).label), tone="slate"),
        "number": Cell(row.reference),
    }


def _lead(row: CaseRow, actor: Actor) -> str:
    if row.lead_id is not None and row.lead_id == actor.user_id:
        return _("you")
    name = row.lead or _("no one yet")
    if row.lead_id is not None and not row.lead_works and row.state is not CaseState.CLOSED:
        return _("%(name)s, who left", name=name)
    return name


def read_cases(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the list of cases as a file takes it, where "you" is the name of whoever takes it."""
    wanted = wanted_of(actor, arguments)
    rows = case_rows(actor, wanted, now, sorting_of(arguments), limit=limit)
    named = [replace(row, lead_id=None, lead=actor.name) if row.lead_id == actor.user_id else row for row in rows]
    whose = _("My cases") if wanted.lead_id is not None else _("The school's cases")
    narrowed = {"state": _("Open")} | filter_words(wanted)
    today = today_at(wanted.school_id, now)
    cells = in_parts(named, lambda part: case_cells(part, actor, today))
    return ListRead(cells, [whose, *narrowed.values()], asked_of(arguments), wanted.school_id)


CASES = ListKind("cases", _l("Cases"), COLUMNS, NEWEST, Permission.CASE_READ, "casework.cases", read_cases)
