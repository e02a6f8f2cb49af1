"""The published history by school year, and the later years counted here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import id_in
from wss_cases.outcomes.counting.scope.pages import Shown, shown
from wss_cases.outcomes.counting.scope.rules import OUTLIER_SHARE
from wss_cases.outcomes.published.queries import (
    HISTORY,
    HISTORY_LABELS,
    NOT_LIVE,
    Figures,
    Live,
    Outlier,
    are_published,
    district_years,
    largest,
    live,
    page_of_schools,
    published_school,
    published_schools,
    published_twin,
    roster_twin,
    school_years,
)
from wss_cases.outcomes.reports.charts import figures_of, trend_title, year_notes, year_points

blueprint = Blueprint("history", __name__, url_prefix="/history")
CHARTS = ("police_notifications", "oss", "misconducts", "expelled")
PAGE = 50
REMARKED = "misconducts"


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def district() -> str:
    """The district's trend; the switcher's school has its own."""
    page = shown()
    published = district_years()
    last, reads_all = max(published, default=None), page.scope.school_id is None
    counted = live(page.actor, None, last, page.scope.today) if reads_all else NOT_LIVE
    alone = largest(published)
    remarks = {max(alone, key=lambda top: top.number).year: ""} if alone else {}
    return render_template(
        "outcomes/reports/history/page.html",
        **_trend(page, published, counted, remarks, _alone_words(alone), published_schools()),
        school=None,
        twin=published_twin(page.school.id) if page.school else None,
        suppressed={},
    )


@blueprint.get("/schools/<int(max=999999999999):school_id>")
@gate(Permission.OUTCOMES_READ)
def school(school_id: int) -> str:
    """The trend of one published school; years counted here are added for readers of its outcomes."""
    page = shown()
    of_school = existing(published_school(school_id))
    years = school_years(of_school.id)
    twin = roster_twin(page.actor, of_school.identifier)
    published = figures_of(years)
    counted = NOT_LIVE
    if twin is not None:
        counted = live(page.actor, twin, max(published, default=None), page.scope.today)
    return render_template(
        "outcomes/reports/history/page.html",
        **_trend(page, published, counted, _remarks(published)),
        school=of_school,
        twin=None,
        suppressed={year: school_year_row.suppressed for year, school_year_row in years.items()},
    )


@blueprint.get("/schools")
@gate(Permission.OUTCOMES_READ)
def schools() -> str:
    """Published schools by name, a page at a time."""
    typed = request.args.get("q", "").strip()[:100]
    after = id_in(request.args.get("after")) or 0
    rows = page_of_schools(typed, after if 0 <= after < 2**31 else 0, PAGE + 1)
    here = partial(url_for, "outcomes.history.schools", q=typed or None)
    return render_template(
        "outcomes/reports/history/schools.html",
        rows=rows[:PAGE],
        typed=typed,
        older=here(after=rows[PAGE - 1][0]) if len(rows) > PAGE else None,
        newer=here() if after else None,
        imported=bool(rows) or are_published(),
    )


def _alone_words(alone: Sequence[Outlier]) -> str:
    """Name each school far above the others, so that a bend of the line is not taken for a change of the district."""
    words = [
        _(
            "%(year)s: %(school)s alone had %(number)s",
            year=top.year.replace("-", "\u2060–\u2060"), school=top.name, number=f"{top.number:,}",
        )
        for top in alone
    ]  # fmt: skip
    if not words:
        return ""
    return _("One school had more than a tenth of them in these years. %(years)s.", years="; ".join(words))


def _remarks(school: dict[str, Figures]) -> dict[str, str]:
    remarks = {}
    for year, total in district_years().items():
        own, every = school.get(year, {}).get(REMARKED), total[REMARKED]
        if own and every and own > OUTLIER_SHARE * every:
            remarks[year] = _("%(percent)s of the district", percent=f"{100 * own / every:.0f}%")
    return remarks


def _trend(
    page: Shown,
    published: dict[str, Figures],
    counted: Live,
    remarks: Mapping[str, str],
    note: str = "",
    schools: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The charts of a page. `remarks` mark years of one chart, and `note` is printed under it. `schools` are the
    schools of each published year, None on a school's own page."""
    charts = []
    for metric in CHARTS:
        points = year_points(metric, published, counted, page.scope)
        for point in points if metric == REMARKED else ():
            if point["year"] in remarks:
                point.update(note=remarks[point["year"]] or point["note"], mark=True)
        under = [note] if note and metric == REMARKED else []
        shown_live = counted if schools is not None else replace(counted, schools={})
        under.append(year_notes(metric, schools or {}, shown_live, page.scope.today))
        charts.append((trend_title(metric, points, published), points, HISTORY_LABELS[metric], " ".join(under)))
    years, current = sorted({*published, *counted.figures}), school_year(page.scope.today)
    figures = {**counted.figures, **published}
    return {
        "charts": charts if years else [],
        "published": sorted(published),
        "rows": [(year, figures[year], year in published, year == current) for year in years],
        "metrics": [(name, HISTORY_LABELS[name]) for name in HISTORY],
        "standing": None if schools is None else {**schools, **counted.schools},
    }
