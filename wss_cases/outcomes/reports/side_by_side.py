"""Schools, or networks, side by side: the same measures as their own pages, each in one grouped query."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy import ColumnElement, func, select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of, table_of
from wss_cases.cases.case.models import Case
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.tables.columns import Cell, Column, Order
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.rooms import ListKind, ListRead, Room
from wss_cases.outcomes.counting.daily_figures.queries import totals_by_school
from wss_cases.outcomes.counting.measures import too_recent_words
from wss_cases.outcomes.counting.repair.police import notified
from wss_cases.outcomes.counting.repair.queries import OF_HARMS, TOO_RECENT, came_to, harmed_cases, removed, to_repair
from wss_cases.outcomes.counting.scope.pages import years_of
from wss_cases.outcomes.counting.scope.queries import (
    counted,
    enrolled_at,
    had_time,
    networks_of,
    recorded_year_before,
    within_schools,
)
from wss_cases.outcomes.counting.scope.rules import Scope, Share, per, per_100_a_day, reference_day, year_before
from wss_cases.outcomes.reports.core import Narrowed, blueprint, narrowed_page
from wss_cases.roster.directory.models import Enrolment, School, StaffMember
from wss_cases.roster.directory.queries import school_days
from wss_cases.safeguards.discipline.removals.models import DisciplineAction
from wss_cases.safeguards.police.review.models import PoliceNotification


@dataclass(frozen=True)
class SchoolRow:
    """One school, or a network as the sum of its schools: its numbers by measure, and the school days so far.

    `before` are incidents of the same days a year before, at schools with records by then (`recorded` of them). The id
    of a network is that of a school in it.
    """

    id: int
    name: str
    network: str
    school_days: int
    numbers: Counter[str]

    def share(self, part: str, whole: str) -> Share:
        return Share(self.numbers[part], self.numbers[whole])


def school_rows(actor: Actor, scope: Scope) -> list[SchoolRow]:
    """Every active school of a scope by name."""
    named = select(School.id, School.name, School.network).where(School.is_active)
    schools = db.session.execute(
        named.where(*within_schools(actor, scope, School.id)).order_by(School.name, School.id)
    ).all()
    days, (harm, outcome), old_enough = school_days(None), harmed_cases(actor, scope), had_time(scope, "offered")
    earlier, recorded = totals_by_school(actor, year_before(scope, days)), _recorded_before(actor, scope)
    to_offer = to_repair(actor, scope)
    members = within_schools(actor, scope, StaffMember.school_id)
    enrolled = [*enrolled_at(reference_day(scope, days)), *within_schools(actor, scope, Enrolment.school_id)]
    reporters = func.count(Incident.reporter_id.distinct())
    by_measure = {
        "schools": {school.id: 1 for school in schools},
        "incidents": totals_by_school(actor, scope),
        "before": {school_id: earlier.get(school_id, 0) for school_id in recorded},
        "recorded": dict.fromkeys(recorded, 1),
        "students": _by_school(Enrolment.school_id, enrolled),
        "staff": _by_school(StaffMember.school_id, [StaffMember.is_active.is_(True), *members]),
        "reported": _by_school(Incident.school_id, counted(actor, scope), reporters),
        "offered": _by_school(Incident.school_id, [*to_repair(actor, old_enough), came_to("offered")]),
        "to_offer": _by_school(Incident.school_id, to_repair(actor, old_enough)),
        "not_told": _by_school(Incident.school_id, [*to_offer, Incident.local_date > old_enough.last]),
        "repaired": _by_school(Case.school_id, [*harm, outcome == "repaired"]),
        "harmed": _by_school(Case.school_id, [*harm, outcome.in_(OF_HARMS)]),
        "harm_not_told": _by_school(Case.school_id, [*harm, outcome == TOO_RECENT]),
        "removals": _by_school(DisciplineAction.school_id, removed(actor, scope)),
        "police": _by_school(PoliceNotification.school_id, notified(actor, scope)),
    }
    gone_by = days.between(scope.first, scope.last)
    return [
        SchoolRow(
            school.id, school.name, school.network or "", gone_by,
            Counter({measure: numbers.get(school.id, 0) for measure, numbers in by_measure.items()}),
        )
        for school in schools
    ]  # fmt: skip


def _by_school(column: Any, conditions: Iterable[ColumnElement[bool]], number: Any = None) -> dict[int, int]:
    statement = select(column, func.count() if number is None else number).where(*conditions).group_by(column)
    return {row[0]: row[1] for row in db.session.execute(statement)}


def network_rows(actor: Actor, scope: Scope) -> list[SchoolRow]:
    """Every network of a scope by name. Schools without a network form a row without a name."""
    by_network: dict[str, list[SchoolRow]] = {}
    for row in school_rows(actor, scope):
        by_network.setdefault(row.network, []).append(row)
    return [
        SchoolRow(rows[0].id, name, name, rows[0].school_days, sum((row.numbers for row in rows), Counter()))
        for name, rows in sorted(by_network.items(), key=lambda pair: (not pair[0], pair[0]))
    ]


def _recorded_before(actor: Actor, scope: Scope) -> list[int]:
    """The schools whose records had begun by the same days a year before."""
    earlier = recorded_year_before(actor, scope)
    if earlier is None:
        return []
    began = select(Incident.school_id).where(Incident.counts(), Incident.local_date <= earlier.last).distinct()
    return list(db.session.scalars(began.where(*within_schools(actor, scope, Incident.school_id))))


SEARCHED = 100
"""The longest search text for a name, in characters."""


def _measure(key: str, label: Any, *, wide: bool = False, unbroken: bool = False) -> Column:
    return Column(key, label, sorts=True, most_first=True, said=True, wide=wide, unbroken=unbroken)


_MEASURES = (
    _measure("incidents", _l("Incidents")),
    _measure("before", _l("Same days a year before"), wide=True),
    _measure("rate", _l("Per 100 students per school day")),
    _measure("reported", _l("Staff who reported, per 100"), wide=True),
    _measure("offered", _l("With an offer to repair")),
    _measure("repaired", _l("Harm repaired")),
    _measure("removals", _l("Removals per 100 students"), wide=True),
    _measure("police", _l("Police notifications per 1,000 students"), wide=True),
)


def matching(rows: Sequence[SchoolRow], typed: str) -> list[SchoolRow]:
    words = typed.casefold().split()
    return [row for row in rows if all(word in row.name.casefold() for word in words)]


def in_order(rows: Iterable[SchoolRow], order: Order, this_year: bool) -> list[SchoolRow]:
    """The rows in the order of a column. Rows without a figure come last in both directions."""
    values = [(values_of(row, this_year)[order.key], row.id, row) for row in rows]
    known = sorted((value for value in values if value[0] is not None), key=itemgetter(0, 1), reverse=order.down)
    return [row for _value, _id, row in (*known, *(value for value in values if value[0] is None))]


def values_of(row: SchoolRow, this_year: bool) -> dict[str, Any]:
    """The value by which each column is sorted; None where there is no figure."""
    numbers = row.numbers
    return {
        "school": row.name.casefold(),
        "network": row.network.casefold(),
        "schools": numbers["schools"],
        "incidents": numbers["incidents"],
        "before": numbers["before"] if numbers["recorded"] else None,
        "rate": per_100_a_day(numbers["incidents"], numbers["students"], row.school_days),
        "reported": per(numbers["reported"], numbers["staff"], 100) if this_year else None,
        "offered": row.share("offered", "to_offer").percent,
        "repaired": row.share("repaired", "harmed").percent,
        "removals": per(numbers["removals"], numbers["students"], 100),
        "police": per(numbers["police"], numbers["students"], 1000),
    }


def _cells(row: SchoolRow, this_year: bool) -> dict[str, Cell]:
    values, numbers = values_of(row, this_year), row.numbers
    rates = {key: values[key] for key in ("rate", "reported", "removals", "police")}
    return {
        "school": Cell(row.name),
        "network": Cell(row.network),
        "schools": Cell(f"{numbers['schools']:,}"),
        "incidents": Cell(f"{numbers['incidents']:,}"),
        "before": Cell(_("not recorded") if values["before"] is None else f"{numbers['before']:,}"),
        **{key: Cell("–" if rate is None else f"{rate:.2f}") for key, rate in rates.items()},
        "offered": Cell(_share(row.share("offered", "to_offer"), numbers["not_told"])),
        "repaired": Cell(_share(row.share("repaired", "harmed"), numbers["harm_not_told"])),
    }


def _share(share: Share, too_recent: int) -> str:
    """A share with its numbers, and how many are too recent to tell."""
    words = "–"
    if share.percent is not None:
        numbers = {"percent": f"{share.percent:.0f}%", "part": f"{share.part:,}", "whole": f"{share.whole:,}"}
        words = _("%(percent)s (%(part)s of %(whole)s)", **numbers)
    return f"{words} · {too_recent_words(too_recent)}" if too_recent else words


def typed_in(arguments: Mapping[str, str]) -> str:
    return arguments.get("q", "").strip()[:SEARCHED]


def filters_of(here: Narrowed, typed: str) -> list[str]:
    return [text for text in (here.page.year_words, here.parameters.get("network", ""), typed) if text]


def _asked(kind: ListKind, arguments: Mapping[str, str]) -> tuple[Narrowed, dict[str, Any], list[SchoolRow]]:
    """The page that the address names, its parameters, and its rows in order. Raises NotFound for the reader of a
    single school, and for a filter of incidents."""
    here, typed = narrowed_page(), typed_in(arguments)
    if here.page.school is not None or not here.is_plain:
        raise NotFound
    rows = (school_rows if kind is SCHOOLS else network_rows)(here.page.actor, here.page.scope)
    ordered = in_order(matching(rows, typed), order_of(kind, arguments), here.page.scope.is_this_year)
    return here, {**here.parameters, **({"q": typed} if typed else {})}, ordered


def _read(kind: ListKind, arguments: Mapping[str, str], limit: int) -> ListRead:
    here, parameters, rows = _asked(kind, arguments)
    if arguments.get("sort"):
        parameters["sort"] = arguments["sort"]
    cells = [_cells(row, here.page.scope.is_this_year) for row in rows[:limit]]
    return ListRead(cells, filters_of(here, typed_in(arguments)), parameters, None)


SCHOOLS: ListKind = ListKind(
    "outcome_schools", _l("School by school"),
    (
        Column("school", _l("School"), sorts=True, always=True),
        Column("network", _l("Network"), sorts=True, said=True, wide=True),
        *_MEASURES,
    ),
    Order("school"), Permission.OUTCOMES_READ, "outcomes.core.schools",
    lambda _actor, arguments, _now, limit: _read(SCHOOLS, arguments, limit),
)  # fmt: skip
NETWORKS: ListKind = ListKind(
    "outcome_networks", _l("Network by network"),
    (
        Column("network", _l("Network"), sorts=True, always=True),
        Column("schools", _l("Schools"), sorts=True, said=True),
        *_MEASURES,
    ),
    Order("network"), Permission.OUTCOMES_READ, "outcomes.core.networks",
    lambda _actor, arguments, _now, limit: _read(NETWORKS, arguments, limit),
)  # fmt: skip


PAGE = 20


@blueprint.get("/schools")
@gate(Permission.OUTCOMES_READ)
def schools() -> str:
    """Schools by name or by another column, a page at a time."""
    return _page(SCHOOLS, lambda here, row: Cell(row.name, href=here.address(network=None, school=row.id)))


@blueprint.get("/networks")
@gate(Permission.OUTCOMES_READ)
def networks() -> str:
    """Networks by name or by another column."""
    return _page(NETWORKS, lambda here, row: Cell(row.name, here.schools(network=row.name)) if row.name else Cell("–"))


def _page(kind: ListKind, name: Callable[[Narrowed, SchoolRow], Cell]) -> str:
    here, parameters, rows = _asked(kind, request.args)
    typed, page = typed_in(request.args), here.page
    after = id_in(request.args.get("after"))
    start = next((place + 1 for place, row in enumerate(rows) if row.id == after), 0)
    shown = rows[start : start + PAGE]
    sort = {"sort": request.args.get("sort")}

    def address(**changes: Any) -> str:
        return url_for(kind.page, **(parameters | changes))

    first = kind.columns[0].key
    cells = [_cells(row, page.scope.is_this_year) | {first: name(here, row)} for row in shown]
    order, filters = order_of(kind, request.args), filters_of(here, typed)
    return render_template(
        "outcomes/reports/side_by_side/list.html",
        asked=here,
        page=page,
        typed=typed,
        count=len(rows),
        is_schools=kind is SCHOOLS,
        years=years_of(page),
        networks=networks_of(page.actor) if kind is SCHOOLS else [],
        table=table_of(kind, page.actor, cells, order, address, parameters, filters),
        newer=address(**sort) if start else None,
        older=address(after=shown[-1].id, **sort) if start + PAGE < len(rows) else None,
    )


ROOM = Room(lists=(SCHOOLS, NETWORKS))
