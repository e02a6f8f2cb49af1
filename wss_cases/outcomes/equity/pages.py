"""The equity pages: each group of students compared with all others at every stage, and the minimums for showing
figures."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, flash, render_template, request, url_for
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.dated_settings import add_row
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.outcomes.counting.cache import read_ahead
from wss_cases.outcomes.counting.scope.pages import shown, years_of
from wss_cases.outcomes.counting.scope.queries import first_year_key
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.documents import Report, about, head
from wss_cases.outcomes.equity import queries
from wss_cases.outcomes.equity.queries import (
    FAMILIES,
    LEAST_CELL,
    MOST_CELL,
    MOST_GROUP,
    POINTS,
    STAGE_LABELS,
    STAGES,
    WITHHELD,
    EquityMinimum,
    exact_counts,
    minimum_rows,
    minimums_of,
    stored_keys,
    table_for,
    tables_for,
)
from wss_cases.outcomes.equity.rules import Cell, Comparison, Interval, Line, Table, meaning_of, settled
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT

_CELL = _l("Enter a number from 5 to 100.")
_GROUP = _l("Enter a number from 5 to 1000.")


class MinimumForm(BaseForm):
    """The smallest numbers of students shown, and the school years from which they apply."""

    cell = IntegerField(
        _l("Smallest cell: different students"),
        [InputRequired(_CELL), NumberRange(LEAST_CELL, MOST_CELL, _CELL)],
        description=_l(
            "Figures for fewer students at a stage are not shown. Federal rules for comparing groups allow at most 10."
        ),
    )
    group = IntegerField(
        _l("Smallest group: students enrolled"),
        [InputRequired(_GROUP), NumberRange(LEAST_CELL, MOST_GROUP, _GROUP)],
        description=_l("A smaller group has no row. Federal rules for comparing groups allow at most 30."),
    )
    starts_on = DateField(
        _l("For school years that start on this day or later"),
        [InputRequired(_l("Enter the first day."))],
        description=_l("A school year keeps the numbers it started with, so that no two tables can be compared."),
    )


@use_case
def set_minimums(uow: UnitOfWork, cell: int, group: int, starts_on: date) -> int:
    """Set the smallest cell and the smallest group shown in school years that begin on `starts_on` or later.

    Raises Refused for numbers out of range, and for a day that is not in the future, not after the newest row's, or
    more than two years ahead.
    """
    row = EquityMinimum(
        starts_on=starts_on, cell=cell, student_group=group, set_by_id=uow.actor.user_id, set_at=uow.now
    )
    require(uow.actor, Permission.EQUITY_EDIT, row)
    if not LEAST_CELL <= cell <= MOST_CELL:
        raise Refused("cell", _("Enter a number from 5 to 100."))
    if not cell <= group <= MOST_GROUP:
        raise Refused("group", _("A group is at least as large as a cell, and at most 1000."))
    if starts_on <= today_at(None, uow.now):
        raise Refused("starts_on", _("Choose a future day: a school year that has started keeps its numbers."))
    add_row(uow, row)
    uow.record(row, "equity.minimums", day=starts_on.isoformat(), cell=cell, group=group)
    return row.id


MINUS = "\N{MINUS SIGN}"
MEANINGS = {
    "same": _l("No statistically clear difference"),
    "more": _l("More likely (ratio %(ratio)s; range %(low)s to %(high)s)"),
    "less": _l("Less likely (ratio %(ratio)s; range %(low)s to %(high)s)"),
}


def group_words(family: str, categories: Iterable[str]) -> str:
    """The name of a row: one group, or the list of groups that share the row."""
    names = names_of(family, categories)
    return names[0] if len(names) == 1 else _("Other groups together: %(names)s", names=", ".join(names))


def names_of(family: str, categories: Iterable[str]) -> list[str]:
    labels = FAMILIES[family][1]
    return [str(labels.get(category, category)) for category in categories]


def meaning(against: Comparison | None) -> str:
    """The sentence about a comparison with all others."""
    return _("Too few to tell") if against is None else ratio_words(against.ratio)


def meaning_of_row(categories: Sequence[str], against: Comparison | None) -> str:
    """The sentence about a row. Groups that share a row are too small to show, whatever their sum says, because it may
    hide differences in both directions."""
    return _("Too few to show each of these groups") if len(categories) > 1 else meaning(against)


def ratio_words(ratio: Interval) -> str:
    """What a ratio and its interval say, with both as numbers."""
    words = {"ratio": two(ratio.value), "low": two(ratio.low), "high": two(ratio.high)}
    return str(MEANINGS[meaning_of(ratio)]) % words


def interval_words(interval: Interval) -> str:
    """A ratio with its interval, each with two digits: "1.8 (1.3 to 2.4)"."""
    ends = {"value": two(interval.value), "low": two(interval.low), "high": two(interval.high)}
    return _("%(value)s (%(low)s to %(high)s)", **ends)


def points_words(interval: Interval) -> str:
    """A difference in percentage points with its interval: "+4.2 (−1.1 to 9.5)"."""
    ends = {"value": f"{100 * interval.value:+.1f}", "low": f"{100 * interval.low:.1f}"}
    ends["high"] = f"{100 * interval.high:.1f}"
    return _("%(value)s (%(low)s to %(high)s)", **{end: words.replace("-", MINUS) for end, words in ends.items()})


def two(number: float) -> str:
    """A number with two significant digits, never as a power of ten."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2f}"


ENDS = ("", "_low", "_high")
COLUMNS = (
    "kind", "group", "stage", "of", "students", "base", "percent", "others_percent",
    *(f"ratio{end}" for end in ENDS), *(f"difference_points{end}" for end in ENDS),
    *(f"ratio_within_schools{end}" for end in ENDS), "meaning",
)  # fmt: skip
SUPPRESSED = "suppressed"


def equity(actor: Actor, scope: Scope, school: str | None) -> Report:
    """Each group against all others at each stage, per enrolled student and per student of the stage before."""
    counted = settled(scope)
    least = minimums_of(scope.year)
    tables = tables_for(actor, counted) if counted else dict.fromkeys(FAMILIES, Table())
    rows = [row for family, table in tables.items() for row in _rows(family, table)]
    document = head("equity", scope, school) | {
        "to": counted.last.isoformat() if counted else None,
        "minimum_cell": least.cell,
        "minimum_group": least.group,
        "rows": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
    }
    return Report("equity", document, COLUMNS, rows, about(scope.year, school, "equity"))


def _rows(family: str, table: Table) -> list[list[Any]]:
    kind = str(FAMILIES[family][0])
    rows = []
    for line in table.lines:
        name = group_words(family, line.categories)
        for stage in table.stages:
            label = str(STAGE_LABELS[stage])
            rows.append([kind, name, label, "enrolled", *_numbers(line, line.per_enrolled[stage])])
            rows.append([kind, name, label, "stage before", *_numbers(line, line.per_before[stage])])
    blank = [None] * (len(COLUMNS) - 6)
    hidden = [stage for stage in STAGES if stage not in table.stages]
    return rows + [[kind, "", str(STAGE_LABELS[stage]), "", SUPPRESSED, *blank, ""] for stage in hidden]


def _numbers(line: Line, cell: Cell) -> list[Any]:
    against = cell.against
    if against is None:
        return [cell.came, cell.of, round(cell.percent, 1), *[None] * 10, meaning_of_row(line.categories, None)]
    inside = _ends(cell.within[0], 1) if cell.within else [None] * 3
    ends = (*_ends(against.ratio, 1), *_ends(against.difference, 100), *inside)
    return [
        cell.came,
        cell.of,
        round(cell.percent, 1),
        round(100 * against.others, 1),
        *ends,
        meaning_of_row(line.categories, against),
    ]


def _ends(interval: Interval, times: int) -> list[float]:
    """An estimate and its interval, rounded to two digits because hidden figures could be computed from exact ones."""
    return [float(f"{times * number:.2g}") for number in (interval.value, interval.low, interval.high)]


blueprint = Blueprint("equity", __name__, url_prefix="/equity")
JUDGED = ("subjective", *POINTS)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def table() -> str:
    """The table of one kind of group, with every stage that may be shown. 404 for an unknown kind."""
    page, family = shown(), request.args.get("kind", next(iter(FAMILIES)))
    if family not in FAMILIES:
        raise NotFound
    scope = settled(page.scope)
    if scope:
        read_ahead([*stored_keys(scope, [family]), first_year_key(page.actor, page.scope.school_id)])
    table = table_for(page.actor, scope, family) if scope else Table()
    stages = [stage for stage in STAGES if stage not in JUDGED]
    return render_template(
        "outcomes/equity/page.html",
        page=page,
        family=family,
        families=[(name, words) for name, (words, _labels) in FAMILIES.items()],
        years=years_of(page),
        until=day_words_with_year(scope.last) if scope else "",
        least=minimums_of(page.scope.year),
        shared=[names_of(family, line.categories) for line in table.lines if len(line.categories) > 1],
        stages=[_stage(family, table, stage) for stage in stages if stage in table.stages],
        judged=[_stage(family, table, stage) for stage in JUDGED if stage in table.stages],
        hidden=[STAGE_LABELS[stage] for stage in STAGES if stage not in table.stages],
    )


@blueprint.get("/exact")
@gate(Permission.OUTCOMES_READ)
def exact() -> str:
    """The school's own numbers, with none suppressed, for its administrators only and not for release. Every reading is
    audited; no file is made of them."""
    page, family = shown(), request.args.get("kind", next(iter(FAMILIES)))
    if family not in FAMILIES:
        raise NotFound
    counts = exact_counts(page.actor, page.scope, family)
    groups = sorted(counts, key=lambda category: (-counts[category][ENROLLED], category))
    return render_template(
        "outcomes/equity/exact.html",
        page=page,
        family=family,
        families=[(name, words) for name, (words, _labels) in FAMILIES.items() if name not in WITHHELD],
        years=years_of(page),
        heads=[STAGE_LABELS[ENROLLED], *(STAGE_LABELS[stage] for stage in STAGES)],
        rows=[
            [
                names_of(family, [category])[0],
                counts[category][ENROLLED],
                *(counts[category][stage] for stage in STAGES),
            ]
            for category in groups
        ],
    )


def _stage(family: str, table: Table, stage: str) -> dict[str, Any]:
    before = STAGES[stage]
    names = [names_of(family, line.categories) for line in table.lines]
    groups = [name[0] if len(name) == 1 else _("Other groups together") for name in names]
    return {
        "name": stage,
        "label": STAGE_LABELS[stage],
        "before": None if before == ENROLLED or stage == ROOT else STAGE_LABELS[before],
        "enrolled": list(zip(groups, (_cell(line, line.per_enrolled[stage]) for line in table.lines), strict=True)),
        "of_before": list(zip(groups, (_cell(line, line.per_before[stage]) for line in table.lines), strict=True)),
    }


def _within(cell: Cell) -> str:
    if cell.within is None:
        return ""
    words = ratio_words(cell.within[0])
    return _("Within the same school (%(number)s schools): %(words)s", number=cell.schools, words=words)


class _Said(NamedTuple):
    """One cell of a table in words."""

    rate: str
    of: str
    meaning: str
    ratio: str
    points: str
    within: str


def _cell(line: Line, cell: Cell) -> _Said:
    is_one_group = len(line.categories) == 1
    against = cell.against if is_one_group else None
    return _Said(
        rate=f"{cell.percent:.1f}%",
        of=_("%(part)s of %(whole)s", part=f"{cell.came:,}", whole=f"{cell.of:,}"),
        meaning=meaning_of_row(line.categories, against),
        ratio=interval_words(against.ratio) if against else "",
        points=points_words(against.difference) if against else "",
        within=_within(cell) if is_one_group else "",
    )


@blueprint.route("/minimums", methods=["GET", "POST"])
@gate(Permission.EQUITY_EDIT)
def minimums() -> Page:
    """The minimums in force and to come, and the form to change them."""
    actor, now = current_actor(), clock.now()
    require(actor, Permission.EQUITY_EDIT, actor)
    today = today_at(None, now)
    rows = minimum_rows()
    next_year = clock.school_year_bounds(clock.school_year(today))[1] + timedelta(days=1)
    form = MinimumForm(cell=rows[0].cell, group=rows[0].student_group, starts_on=next_year)

    def act() -> int:
        return set_minimums(submitted(form), form.cell.data or 0, form.group.data or 0, form.starts_on.data)

    def done(_made: int) -> str:
        flash(_("The change is saved."))
        return url_for("outcomes.equity.minimums")

    words = [_minimum(row) for row in rows]
    return form_page(form, act, done, "outcomes/equity/minimums.html", rows=words)


def _minimum(row: EquityMinimum) -> tuple[str, str]:
    first = _("For school years that start on %(day)s or later", day=day_words_with_year(row.starts_on))
    return first, _("Cell: %(cell)s students. Group: %(group)s enrolled.", cell=row.cell, group=row.student_group)


ROOM = Room(sentences=queries.SENTENCES, smallest_groups=queries.minimums_of)
