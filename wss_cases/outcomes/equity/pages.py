"""The equity pages: each group of students compared with all others at every stage, and the minimums for showing
figures."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from flask import render_template, request, url_for
from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import Actor
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import PlainForm
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.dated_settings import add_row
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
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
from wss_cases.roster.directory.queries import school_days


class MinimumForm(PlainForm):
    """The smallest numbers of students shown, and the school years from which they apply."""

    cell = IntegerField(
        _l("Smallest cell: different students"),
        [
            InputRequired(_l("Enter a number from 5 to 100.")),
            NumberRange(LEAST_CELL, MOST_CELL, _l("Enter a number from 5 to 100.")),
        ],
        description=_l(
            "Figures for fewer students at a stage are not shown. Federal rules for comparing groups allow at most 10."
        ),
    )
    group = IntegerField(
        _l("Smallest group: students enrolled"),
        [
            InputRequired(_l("Enter a number from 5 to 1000.")),
            NumberRange(LEAST_CELL, MOST_GROUP, _l("Enter a number from 5 to 1000.")),
        ],
        description=_l("A smaller group has no row. Federal rules for comparing groups allow at most 30."),
    )
    starts_on = DateField(
        _l("For school years that start on this day or later"),
        [InputRequired(_l("Enter the first day."))],
        description=_l("A school year keeps the numbers it started with, so that no two tables can be compared."),
    )


MINUS = "\N{MINUS SIGN}"


def group_words(family: str, categories: Iterable[str]) -> str:
    names = names_of(family, categories)
    return names[0] if len(names) == 1 else _("Other groups together: %(names)s", names=", ".join(names))


def names_of(family: str, categories: Iterable[str]) -> list[str]:
    labels = FAMILIES[family][1]
    return [str(labels.get(category, category)) for category in categories]


def compared(family: str, table: Table, stages: Iterable[str]) -> list[tuple[str, str, Comparison | None]]:
    """(group, stage, comparison with the stage before) of each row of a single group, at those of the stages shown."""
    return [
        (group_words(family, line.categories), stage, line.per_before[stage].against)
        for line in table.lines
        for stage in stages
        if stage in table.stages and len(line.categories) == 1
    ]


def pooled(family: str, table: Table) -> list[str]:
    """The groups that share a row, by name."""
    return [name for line in table.lines if len(line.categories) > 1 for name in names_of(family, line.categories)]


def meaning(against: Comparison | None) -> str:
    return _("Too few to tell") if against is None else ratio_words(against.ratio)


def meaning_of_row(categories: Sequence[str], against: Comparison | None) -> str:
    """The sentence about a row. Groups that share a row are too small to show, whatever their sum says, because it may
    hide differences in both directions."""
    return _("Too few to show each of these groups") if len(categories) > 1 else meaning(against)


def ratio_words(ratio: Interval) -> str:
    """What a ratio and its interval say, with both as numbers."""
    words = {name: two(number) for name, number in zip(("ratio", "low", "high"), _parts(ratio), strict=True)}
    kind = meaning_of(ratio)
    if kind == "same":
        return _("No statistically clear difference")
    if kind == "more":
        return _("More likely (ratio %(ratio)s; range %(low)s to %(high)s)", **words)
    return _("Less likely (ratio %(ratio)s; range %(low)s to %(high)s)", **words)


def _parts(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _range_words(value: str, low: str, high: str) -> str:
    """An estimate with its interval: "1.8 (1.3 to 2.4)"."""
    return _("%(value)s (%(low)s to %(high)s)", value=value, low=low, high=high)


def points_words(interval: Interval) -> str:
    """A difference in percentage points with its interval: "+4.2 (−1.1 to 9.5)"."""
    value, low, high = (100 * end for end in _parts(interval))
    return _range_words(*(end.replace("-", MINUS) for end in (f"{value:+.1f}", f"{low:.1f}", f"{high:.1f}")))


def two(number: float) -> str:
    """A number with two significant digits, never as a power of ten."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2f}"


ENDS = ("", "_low", "_high")
COLUMNS = (
    "kind", "group", "stage", "of", "students", "base", "percent", "others_percent",
    *(f"ratio{end}" for end in ENDS), *(f"difference_points{end}" for end in ENDS),
    *(f"ratio_within_schools{end}" for end in ENDS), "meaning",
)  # fmt: skip


def equity(actor: Actor, scope: Scope, school: str | None) -> Report:
    """Each group against all others at each stage, per enrolled student and per student of the stage before."""
    counted = settled(scope, school_days(None))
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
    return rows + [[kind, "", str(STAGE_LABELS[stage]), "", "suppressed", *blank, ""] for stage in hidden]


def _numbers(line: Line, cell: Cell) -> list[Any]:
    against, begins = cell.against, [cell.came, cell.of, round(cell.percent, 1)]
    if against is None:
        return [*begins, *[None] * 10, meaning_of_row(line.categories, None)]
    inside = _ends(cell.within[0], 1) if cell.within else [None] * 3
    ends = (*_ends(against.ratio, 1), *_ends(against.difference, 100), *inside)
    return [*begins, round(100 * against.others, 1), *ends, meaning_of_row(line.categories, against)]


def _ends(interval: Interval, times: int) -> list[float]:
    """An estimate and its interval, rounded to two digits because hidden figures could be computed from exact ones."""
    return [float(f"{times * number:.2g}") for number in _parts(interval)]


pages = Pages("equity", __name__, url_prefix="/equity")
JUDGED = ("subjective", *POINTS)


@pages.get("")
@gate(Permission.OUTCOMES_READ)
def table() -> str:
    """The table of one kind of group, with every stage that may be shown. 404 for an unknown kind."""
    page, family = shown(), request.args.get("kind", next(iter(FAMILIES)))
    if family not in FAMILIES:
        raise NotFound
    scope = settled(page.scope, school_days(None))
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


@pages.get("/exact")
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
            [names_of(family, [category])[0], *(counts[category][stage] for stage in (ENROLLED, *STAGES))]
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


def _cell(line: Line, cell: Cell) -> dict[str, str]:
    """One cell of a table in words."""
    is_one_group = len(line.categories) == 1
    against, within = (cell.against, cell.within) if is_one_group else (None, None)
    return {
        "rate": f"{cell.percent:.1f}%",
        "of": _("%(part)s of %(whole)s", part=f"{cell.came:,}", whole=f"{cell.of:,}"),
        "meaning": meaning_of_row(line.categories, against),
        "ratio": _range_words(*(two(end) for end in _parts(against.ratio))) if against else "",
        "points": points_words(against.difference) if against else "",
        "within": _(
            "Within the same school (%(number)s schools): %(words)s", number=cell.schools, words=ratio_words(within[0])
        )
        if within
        else "",
    }


@pages.act(
    "/minimums", Subject(EquityMinimum, lambda _actor: minimum_rows()[0]), MinimumForm, Permission.EQUITY_EDIT,
    endpoint="minimums", title=_l("Smallest group sizes"), button=_l("Save change"), boxed=False,
    lede=_l(
        "Figures for fewer students could identify a single student. Figures that would let someone calculate them are "
        "also hidden."
    ),
    start=lambda newest: {
        "cell": newest.cell, "group": newest.student_group,
        "starts_on": clock.school_year_bounds(clock.school_year(today_at(None, clock.now())))[1] + timedelta(days=1),
    },
    trail=lambda _row: [(_("Equity at every stage"), url_for("outcomes.equity.table"))],
    more=lambda _row, _form: {
        "facts": [
            _("For school years that start on %(day)s or later", day=day_words_with_year(row.starts_on)) + ". "
            + _("Cell: %(cell)s students. Group: %(group)s enrolled.", cell=row.cell, group=row.student_group)
            for row in minimum_rows()
        ]
    },
    then=".minimums", done=_l("The change is saved."),
)  # fmt: skip
def set_minimums(uow: UnitOfWork, _newest: EquityMinimum, form: MinimumForm) -> int:
    """Set the smallest cell and group shown in school years to come. Refused for a day that is not in the future, not
    after the newest row's, or more than two years ahead."""
    cell, group, starts_on = form.cell.data or 0, form.group.data or 0, form.starts_on.data
    if group < cell:
        raise Refused("group", _("A group is at least as large as a cell, and at most 1000."))
    if starts_on <= today_at(None, uow.now):
        raise Refused("starts_on", _("Choose a future day: a school year that has started keeps its numbers."))
    by = {"set_by_id": uow.actor.user_id, "set_at": uow.now}
    row = EquityMinimum(starts_on=starts_on, cell=cell, student_group=group, **by)
    add_row(uow, row)
    uow.record(row, "equity.minimums", day=starts_on.isoformat(), cell=cell, group=group)
    return row.id


ROOM = Room(sentences=queries.SENTENCES, smallest_groups=queries.minimums_of)
