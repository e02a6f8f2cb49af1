"""The coordinator's desk: what to do first in every open case, what is stuck and why, and the next two weeks."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.casework.next_act import kind_of
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, time_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.pathways.common.forms import number
from wss_cases.roster.directory.queries import get_school
from wss_cases.workday.caseload.presenters import (
    CASELOAD,
    asked_of,
    cover_words,
    desk_cells,
    filters_of,
    group_of,
    in_order,
    part_words,
)
from wss_cases.workday.caseload.queries import DeskCase, Load, desk_cases, loads_at
from wss_cases.workday.caseload.rules import Group
from wss_cases.workday.caseload.upcoming import CIRCLE, REENTRY, RETURN, Entry, calendar
from wss_cases.workday.caseload.whose import EVERYBODY, MINE, Desk, names_of, open_desk

blueprint = Blueprint("desk", __name__)

PAGE = 10


@blueprint.get("/desk")
@gate(Permission.CASE_WORK)
def page() -> Page:
    """Every open case in the order in which it asks for something, with its one next act."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    school = get_school(school_id) if school_id is not None else None
    if school is None:
        return redirect(url_for("web.schools"), 303)
    desk = open_desk(actor, school, request.args.get("whose", ""), now)
    cases = desk_cases(actor, school.id, desk.lead_ids, desk.today, now, desk.weights, desk.days)
    loads = loads_at(actor, school.id, desk.weights)
    names = names_of(desk, loads)
    entries = calendar(actor, school.id, desk.lead_ids, desk.today, school.time_zone, desk.days)
    return render_template(
        "workday/caseload/page.html",
        desk=desk,
        lede=_lede(cases),
        total=len(cases),
        load=_load(desk, loads, names),
        days=_days(desk, entries),
        ahead=len(entries),
        covers=[(cover_words(row, actor), row.note) for row in desk.covers],
        whose_tabs=_whose_tabs(desk, names),
        hand_over_href=url_for("hand_overs.choose", whose=number(desk.whose)),
        **_list(desk, cases, names),
    )


def _list(desk: Desk, cases: Sequence[DeskCase], names: dict[int, str]) -> dict[str, Any]:
    group, start = group_of(request.args), number(request.args.get("start")) or 0
    kept = [case for case in cases if group is None or case.placed.group is group]
    order, asked = order_of(CASELOAD, request.args), asked_of(desk, request.args)
    shown = in_order(kept, order, names)[start : start + PAGE]
    cells = desk_cells(desk, shown, names, filled=not start and order == CASELOAD.order)

    def address(**changes: Any) -> str:
        return url_for("desk.page", **(asked | changes))

    return {
        "table": table_of(CASELOAD, desk.actor, cells, order, address, asked, filters_of(desk, names, group)),
        "groups": _groups(desk, cases, group),
        "later": address(start=start + PAGE) if len(kept) > start + PAGE else None,
        "earlier": address(start=max(0, start - PAGE) or None) if start else None,
    }


def _lede(cases: Sequence[DeskCase]) -> str:
    count = Counter(case.placed.group for case in cases)
    words = [
        (Group.URGENT, ngettext("%(num)d urgent", "%(num)d urgent", count[Group.URGENT])),
        (Group.OVERDUE, _("%(number)d overdue", number=count[Group.OVERDUE])),
        (Group.TODAY, ngettext("%(num)d due today", "%(num)d due today", count[Group.TODAY])),
        (Group.STUCK, _("%(number)d stuck", number=count[Group.STUCK])),
    ]
    said = [text for group, text in words if count[group]]
    opened = ngettext("%(num)d open case", "%(num)d open cases", len(cases))
    return " · ".join([opened, *(said or [_("nothing urgent")])])


def _groups(desk: Desk, cases: Sequence[DeskCase], current: Group | None) -> list[tuple[str, str, bool, int]]:
    count = Counter(case.placed.group for case in cases)
    tabs = [(_("All"), url_for("desk.page", whose=desk.whose), current is None, len(cases))]
    return tabs + [
        (str(group.label), url_for("desk.page", whose=desk.whose, group=group.value), current is group, count[group])
        for group in Group
        if count[group] or current is group
    ]


def _load(desk: Desk, loads: Sequence[Load], names: dict[int, str]) -> dict[str, Any]:
    shown = [load for load in loads if desk.lead_ids is None or load.lead_id in desk.lead_ids]
    others = [load for load in loads if load.lead_id in desk.names and load.lead_id not in (desk.lead_ids or ())]
    beside = ""
    if others and desk.lead_ids is not None:
        average = round(sum(load.points for load in others) / len(others))
        beside = ngettext(
            "The school’s other coordinator carries %(points)d points.",
            "The school’s %(num)d other coordinators carry %(points)d points each on average.",
            len(others),
            points=average,
        )
    weights = desk.weights
    return {
        "points": sum(load.points for load in shown),
        "cases": sum(load.cases for load in shown),
        "beside": beside,
        "each": _each(desk, loads, names) if desk.actor.covers(desk.school.id, Role.ADMINISTRATOR) else [],
        "stages": [(part_words(code), points) for code, points in weights.stages.items()],
        "families": [(part_words(code), points) for code, points in weights.families.items()],
    }


def _each(desk: Desk, loads: Sequence[Load], names: dict[int, str]) -> list[dict[str, Any]]:
    known = {load.lead_id: load for load in loads}
    people = [(user_id, names[user_id]) for user_id in names if user_id in known or user_id in desk.names]
    rows = [
        {
            "name": name,
            "href": url_for("desk.page", whose=user_id),
            "cases": known[user_id].cases if user_id in known else 0,
            "points": known[user_id].points if user_id in known else 0,
        }
        for user_id, name in sorted(people, key=lambda person: person[1])
    ]
    if None in known:
        rows.append(
            {
                "name": _("No one yet"),
                "href": url_for("desk.page", whose=EVERYBODY, group=Group.STUCK.value),
                "cases": known[None].cases,
                "points": known[None].points,
            }
        )
    return rows


def _days(desk: Desk, entries: Sequence[Entry]) -> list[tuple[str, list[dict[str, Any]]]]:
    shown = []
    for day, of_day in groupby(entries, key=lambda entry: entry.day):
        rows, sessions = [], []
        for entry in of_day:
            if entry.what in (CIRCLE, REENTRY, RETURN):
                rows.append(_entry(desk, entry))
            else:
                sessions.append(entry)
        if sessions:
            rows.append(_session_row(sessions))
        words = _("Today") if day == desk.today else day_words(day)
        shown.append((words, rows))
    return shown


def _entry(desk: Desk, entry: Entry) -> dict[str, Any]:
    what = {CIRCLE: kind_of(entry.kind), REENTRY: _("Re-entry meeting"), RETURN: _("A student returns")}[entry.what]
    at = time_words(entry.at, desk.school.time_zone) if entry.at is not None else ""
    return {
        "title": f"{at} {what}".strip(),
        "href": url_for("pathways.pathway", case_id=entry.case_id, pathway_id=entry.pathway_id),
        "meta": " · ".join(part for part in (entry.reference, entry.place) if part),
    }


def _session_row(sessions: Sequence[Entry]) -> dict[str, Any]:
    one = sessions[0] if len(sessions) == 1 else None
    words = ngettext("%(num)d mentoring session", "%(num)d mentoring sessions", len(sessions))
    href = url_for("pathways.pathway", case_id=one.case_id, pathway_id=one.pathway_id) if one else None
    return {"title": words, "href": href, "meta": ", ".join(sorted({row.reference for row in sessions}))}


def _whose_tabs(desk: Desk, names: dict[int, str]) -> list[tuple[str, str, bool]]:
    tabs = [
        (_("My caseload"), url_for("desk.page", whose=MINE), desk.whose == MINE),
        (_("The whole school"), url_for("desk.page", whose=EVERYBODY), desk.whose == EVERYBODY),
    ]
    person = number(desk.whose)
    if person is not None:
        tabs.append((names.get(person, ""), url_for("desk.page", whose=person), True))
    return tabs
