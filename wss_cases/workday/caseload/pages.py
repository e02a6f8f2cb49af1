"""The caseload as a table, in words: its columns, order and rows, with reasons and weights; one for page and file."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM, Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.coverage import CoverRow
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.cases.case.models import CaseState
from wss_cases.cases.case.queries import place_words, students_in
from wss_cases.casework.case_file import act_address, act_words
from wss_cases.casework.next_act import harm_words, kind_of, what_words
from wss_cases.followups.core.presenters import due_words
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, time_words
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.pathways.common.pages import number
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.workday.caseload.queries import (
    CIRCLE,
    EVERYBODY,
    MINE,
    REENTRY,
    RETURN,
    Desk,
    DeskCase,
    Entry,
    Load,
    calendar,
    desk_cases,
    loads_at,
    names_of,
    open_desk,
)
from wss_cases.workday.caseload.rules import FAMILIES, STAGES, Group, Part, Placed, Reason, Why

WHO, PRIORITY = "who", "priority"
COLUMNS = (
    Column(WHO, _l("Who"), sorts=True, always=True),
    Column("what", _l("What"), sorts=True),
    Column("where", _l("Where"), sorts=True, off=True),
    Column("why", _l("Why now")),
    Column("lead", _l("Coordinator"), sorts=True, said=True),
    Column("stage", _l("Stage"), sorts=True, off=True),
    Column("points", _l("Points"), sorts=True, off=True),
    Column("made_of", _l("Counted for"), off=True),
    Column("number", _l("Case number"), sorts=True),
    Column(PRIORITY, _l("Priority"), sorts=True),
    Column("next", _l("Next step"), always=True),
)
FIRST = Order(PRIORITY)
TONES = {Group.URGENT: "brick", Group.OVERDUE: "brick", Group.TODAY: "sun", Group.STUCK: "sun"}
Worded = Callable[[DeskCase], Any]


def asked_of(desk: Desk, arguments: Mapping[str, str]) -> dict[str, str]:
    return {"whose": desk.whose} | {name: arguments[name] for name in ("group", "sort") if arguments.get(name)}


def group_of(arguments: Mapping[str, str]) -> Group | None:
    group = arguments.get("group", "")
    return Group(group) if group in set(Group) else None


def in_order(first: Sequence[DeskCase], order: Order, names: Mapping[int, str]) -> Sequence[DeskCase]:
    """Return the cases of a desk, first things first, by one of its columns; as they were where two are equal."""
    if order.key == PRIORITY:
        return first[::-1] if order.down else first
    return sorted(first, key=_sorted_by(order.key, first, names), reverse=order.down)


def _sorted_by(key: str, cases: Sequence[DeskCase], names: Mapping[int, str]) -> Worded:
    if key == WHO:
        whom = students_in([case.id for case in cases])
        return lambda case: min((name.split()[-1:] for name in map(str.casefold, whom.get(case.id, []))), default=[])
    if key == "where":
        places = place_words(case.location_code for case in cases)
        return lambda case: places.get(case.location_code, "").casefold()
    by: dict[str, Worded] = {
        "what": lambda case: harm_words(case.harm_kind).casefold(),
        "lead": lambda case: names.get(case.lead_id or 0, "").casefold(),
        "stage": lambda case: list(type(case.state)).index(case.state),
        "points": lambda case: case.weight,
    }
    return by.get(key, lambda case: case.reference)


def desk_cells(
    desk: Desk, cases: Sequence[DeskCase], names: Mapping[int, str], filled: bool = False, you: bool = True
) -> list[Row]:
    """Return the rows of a caseload, cell by cell. `filled`: the act of the first is the one next act of the page,
    where it is urgent or late. `you`: the reader's own cases say so; in a file they have the reader's name."""
    places, whom = place_words(case.location_code for case in cases), students_in([case.id for case in cases])
    rows: list[Row] = []
    for place, case in enumerate(cases):
        late = filled and not place and case.placed.group in (Group.URGENT, Group.OVERDUE)
        who = whom_words(whom.get(case.id, []), desk.actor) or _("No student named")
        rows.append(_cells(desk, case, names, "primary" if late else "secondary") | {
            WHO: Cell(who, href=url_for("casework.case", case_id=case.id), about=case.reference),
            "where": Cell(places.get(case.location_code, "")),
            "lead": Cell(_("you") if you and case.lead_id == desk.actor.user_id else _lead(case, names)),
        })  # fmt: skip
    return rows


def _cells(desk: Desk, case: DeskCase, names: Mapping[int, str], kind: str) -> dict[str, Cell]:
    act = case.placed.act
    tag, tone = due_tag(case.placed, desk.today, desk.days)
    of_many = kind_of(case.kinds.get(act.pathway_id or 0, "")) if len(case.kinds) > 1 else ""
    why = " · ".join(part for part in (what_words(act) or of_many, *map(reason_words, case.placed.reasons)) if part)
    points, made_of = weight_words(case.parts)
    href = act_address(case.id, act)
    return {
        "what": Cell(harm_words(case.harm_kind)),
        "why": Cell(why[:1].upper() + why[1:]),
        "stage": Cell(str(case.state.label)),
        "points": Cell(points),
        "made_of": Cell(made_of),
        "number": Cell(case.reference),
        PRIORITY: Cell(tag or str(case.placed.group.label), tone=tone),
        "next": Cell(act_words(act, {}) if href else "", href=href or "", about=case.reference, button=kind),
    }


def _lead(case: DeskCase, names: Mapping[int, str]) -> str:
    return names.get(case.lead_id, "") if case.lead_id is not None else _("no one yet")


def read_desk(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return a caseload as a file takes it. Raises NotFound without a school, or for a desk that is not there."""
    school = existing(get_school(chosen_school_id(actor, *CASE_TEAM) or 0))
    desk = open_desk(actor, school, arguments.get("whose", ""), now)
    names, group = names_of(desk, loads_at(actor, school.id, desk.weights)), group_of(arguments)
    cases = desk_cases(actor, school.id, desk.lead_ids, desk.today, now, desk.weights, desk.days)
    kept = [case for case in cases if group is None or case.placed.group is group]
    ordered = in_order(kept, order_of(CASELOAD, arguments), names)[:limit]
    cells = in_parts(ordered, lambda part: desk_cells(desk, part, names | {actor.user_id or 0: actor.name}, you=False))
    return ListRead(cells, filters_of(desk, names, group), asked_of(desk, arguments), school.id)


def filters_of(desk: Desk, names: Mapping[int, str], group: Group | None) -> list[str]:
    whose = names.get(int(desk.whose), "") if desk.whose.isdecimal() else _("The whole school")
    return [_("My caseload") if desk.whose == MINE else whose, *([str(group.label)] if group is not None else [])]


CASELOAD = ListKind(
    "caseload", _l("Caseload"), COLUMNS, FIRST, Permission.CASE_WORK, "desk.page", read_desk, names=(WHO,)
)


def due_tag(placed: Placed, today: date, days: SchoolDays) -> tuple[str, str]:
    """Return the tag of a case on the desk and its tone: how late it is, or until when it waits; else ''."""
    tone = TONES.get(placed.group, "slate")
    if placed.group is Group.OVERDUE:
        return due_words(placed.since, today, days).words, tone
    if placed.group is Group.WAITS and placed.act.on is not None:
        return _("Waits until %(day)s", day=day_words(placed.act.on)), tone
    return "", tone


def reason_words(reason: Reason) -> str:
    since = day_words(reason.since)
    if reason.why is Why.DUTY:
        return ngettext("%(num)d legal duty is open", "%(num)d legal duties are open", reason.count)
    if reason.why is Why.MOVED:
        return ngettext("a student changed school", "%(num)d students changed school", reason.count)
    if reason.why is Why.OVERDUE:
        return ngettext(
            "a follow-up is due since %(day)s",
            "%(num)d follow-ups are due, the first since %(day)s",
            reason.count,
            day=since,
        )
    if reason.why is Why.NOTHING:
        return _("nothing in progress")
    if reason.why is Why.LEAD:
        return _("no coordinator")
    words = {
        Why.REVIEW: _("its review was due %(day)s", day=since),
        Why.START: _("a pathway was due to start by %(day)s", day=since),
        Why.STEP: _("its next step was due %(day)s", day=since),
    }
    return words[reason.why]


def part_words(code: str) -> str:
    if code in STAGES:
        return str(CaseState(code).label)
    return str(Family(code).label) if code in FAMILIES else code


def weight_words(parts: Sequence[Part]) -> tuple[str, str]:
    """Return a case's weight, and what it is made of: "6 points", "Preparing 3, Circle 3"."""
    total = sum(part.points for part in parts)
    made = ", ".join(f"{part_words(part.of)} {part.points}" for part in parts)
    return ngettext("%(num)d point", "%(num)d points", total), made


def cover_words(row: CoverRow, actor: Actor) -> str:
    until = day_words(row.ends_on)
    if row.user_id == actor.user_id:
        return _("%(name)s is covering for you until %(day)s.", name=row.cover_name, day=until)
    return _("You're covering for %(name)s until %(day)s.", name=row.name, day=until)


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


ROOM = Room(pages=(blueprint,), lists=(CASELOAD,))
