"""Equity at every stage: each group of students against all others, and the smallest figures that are shown."""

from datetime import timedelta
from typing import Any, NamedTuple

from flask import Blueprint, flash, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.outcomes.counting.cache.cached_counts import read_ahead
from wss_cases.outcomes.counting.scope.presenters import shown, years_of
from wss_cases.outcomes.counting.scope.queries import first_year_key
from wss_cases.outcomes.equity.actions import set_minimums
from wss_cases.outcomes.equity.forms import MinimumForm
from wss_cases.outcomes.equity.models import EquityMinimum
from wss_cases.outcomes.equity.presenters import interval_words, meaning_of_row, names_of, points_words, ratio_words
from wss_cases.outcomes.equity.queries import WITHHELD, exact_counts, minimum_rows, minimums_of, stored_keys, table_for
from wss_cases.outcomes.equity.states import FAMILIES, POINTS, STAGE_LABELS, STAGES
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT
from wss_cases.outcomes.equity.tables import Cell, Line, Table, settled

blueprint = Blueprint("equity", __name__, url_prefix="/equity")
JUDGED = ("subjective", *POINTS)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def table() -> str:
    """One kind of group, every stage that may be shown. An unknown kind is a 404."""
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
    """The school's own numbers, none hidden: for its administrators alone, and not for release. Each reading is
    audited; no file is made of them."""
    page, family = shown(), request.args.get("kind", next(iter(FAMILIES)))
    if family not in FAMILIES:
        raise NotFound
    counts = exact_counts(page.actor, page.scope, family)
    groups = sorted(counts, key=lambda one: (-counts[one][ENROLLED], one))
    return render_template(
        "outcomes/equity/exact.html",
        page=page,
        family=family,
        families=[(name, words) for name, (words, _labels) in FAMILIES.items() if name not in WITHHELD],
        years=years_of(page),
        heads=[STAGE_LABELS[ENROLLED], *(STAGE_LABELS[stage] for stage in STAGES)],
        rows=[
            [names_of(family, [one])[0], counts[one][ENROLLED], *(counts[one][stage] for stage in STAGES)]
            for one in groups
        ],
    )


def _stage(family: str, table: Table, stage: str) -> dict[str, Any]:
    before = STAGES[stage]
    names = [names_of(family, line.categories) for line in table.lines]
    groups = [one[0] if len(one) == 1 else _("Other groups together") for one in names]
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
    """The minimums in force and to come, and the form for a change."""
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
