"""The published history by school year, and the later years counted here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import id_in
from wss_cases.incidents.lists import month_words
from wss_cases.outcomes.counting.scope.pages import Shown, shown
from wss_cases.outcomes.counting.scope.rules import OUTLIER_SHARE, Scope, outlier, years_between
from wss_cases.outcomes.published.queries import (
    HISTORY,
    HISTORY_LABELS,
    NOT_LIVE,
    REMARKABLE_YEARS,
    Figures,
    Live,
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
from wss_cases.outcomes.reports.charts import Point

blueprint = Blueprint("history", __name__, url_prefix="/history")
CHARTS = ("police_notifications", "oss", "misconducts", "expelled")
PAGE = 50
REMARKED = "misconducts"


def year_points(metric: str, published: Mapping[str, Figures], live: Live, scope: Scope) -> list[Point]:
    """One point per school year from the first known to the current one; None is a gap with a note.

    Only whole years of the same kind of count are joined by a line: published years and years counted here are
    separate, and so are parts of a year and whole years.
    """
    known = [*published, *live.figures]
    if not known:
        return []
    current = school_year(scope.today)
    years = years_between(min(known), max(*known, current))
    values = [(published.get(year) or live.figures.get(year) or {}).get(metric) for year in years]
    far = outlier(values)
    points: list[Point] = []
    for place, (year, value) in enumerate(zip(years, values, strict=True)):
        note, figure = str(REMARKABLE_YEARS.get(year, "")), None
        whole = year in published or (year in live.figures and live.is_whole(year, scope.today))
        if value is None:
            note = "" if place and values[place - 1] is None else gap_words(year, published)
        elif place == far:
            note = _("far above every other year")
        elif year not in published and year == current:
            figure = _("%(number)s so far", number=f"{value:,}")
        elif not whole and live.begun is not None:
            note = _("from %(month)s on", month=month_words(live.begun))
        before = years[place - 1] if place else None
        joined = before is not None and whole and ((year in published) is (before in published))
        joined = joined and (before in published or live.is_whole(before or year, scope.today))
        is_far = value is not None and place == far
        points.append(
            {
                "year": year, "label": year.replace("-", "–"), "value": value, "figure": figure, "note": note,
                "mark": is_far, "joined": joined,
            }
        )  # fmt: skip
    return points


def gap_words(year: str, published: Collection[str]) -> str:
    """Why a year has no figure: it is not published, or it is before this system's records."""
    return _("not published") if published and year <= max(published) else _("not recorded")


def year_notes(metric: str, published: Mapping[str, int], live: Live, today: date) -> str:
    """The notes of a chart of years: this year so far beside the same days a year before, and the number of schools in
    each year. `published` are the schools of each published year."""
    words = []
    current = school_year(today)
    if current in live.figures:
        numbers = {"year": current.replace("-", "–"), "number": _count(live.figures[current][metric])}
        ago = _("not recorded") if live.ago is None else _count(live.ago[metric])
        words.append(_("So far in %(year)s: %(number)s; the same days a year before: %(ago)s.", **numbers, ago=ago))
    schools = sorted((year, number) for year, number in {**published, **live.schools}.items() if number)
    if len(schools) > 1:
        words.append(_("Schools with figures in each year: %(schools)s.", schools="; ".join(_runs(schools))))
    return " ".join(words)


def _runs(schools: Sequence[tuple[str, int]]) -> list[str]:
    """The number of schools in each year; consecutive years with the same number are combined."""
    runs: list[tuple[str, str, int]] = []
    for year, number in schools:
        first, last, before = runs[-1] if runs else ("", "", None)
        if number == before and years_between(last, year) == [last, year]:
            runs[-1] = (first, year, number)
        else:
            runs.append((year, year, number))
    return [
        f"{first}: {number:,}"
        if first == last
        else _("%(first)s to %(last)s: %(number)s", first=first, last=last, number=f"{number:,}")
        for first, last, number in ((run.replace("-", "–"), two.replace("-", "–"), n) for run, two, n in runs)
    ]


def _count(number: int | float | None) -> str:
    return "–" if number is None else f"{number:,}"


def trend_title(metric: str, points: list[Point], published: Collection[str]) -> str:
    """The sentence that a chart of years proves, from the first to the last published year.

    The figures counted here cover other schools in another way, so no sentence compares across that gap.
    """
    label = str(HISTORY_LABELS[metric])
    whole = [point for point in points if point["value"] is not None and point["year"] in published]
    if len(whole) < 2:
        return _("%(what)s by school year", what=label)
    first, last = whole[0], whole[-1]
    words = {"what": label, "before": f"{first['value']:,}", "first": first["label"]}
    words |= {"after": f"{last['value']:,}", "last": last["label"]}
    if last["value"] < first["value"]:
        return _("%(what)s fell from %(before)s in %(first)s to %(after)s in %(last)s", **words)
    if last["value"] > first["value"]:
        return _("%(what)s rose from %(before)s in %(first)s to %(after)s in %(last)s", **words)
    return _("%(what)s: %(before)s in both %(first)s and %(last)s", **words)


@blueprint.get("")
@gate(Permission.OUTCOMES_READ)
def district() -> str:
    """The district's trend; the switcher's school has its own."""
    page = shown()
    published = district_years()
    last, reads_all = max(published, default=None), page.scope.school_id is None
    counted = live(page.actor, None, last, page.scope.today) if reads_all else NOT_LIVE
    alone = largest(published)
    remarks = {max(alone, key=itemgetter(2))[0]: ""} if alone else {}
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
    published = {year: of_year.figures for year, of_year in years.items()}
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


def _alone_words(alone: Sequence[tuple[str, str, int]]) -> str:
    """Name each school far above the others, so that a bend of the line is not taken for a change of the district."""
    words = [
        _(
            "%(year)s: %(school)s alone had %(number)s",
            year=year.replace("-", "\u2060–\u2060"), school=name, number=f"{number:,}",
        )
        for year, name, number in alone
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
