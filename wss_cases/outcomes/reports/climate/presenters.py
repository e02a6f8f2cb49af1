"""Incidents and surveys of the years as tables and points of charts."""

from collections.abc import Sequence
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.outcomes.reports.climate.queries import MEASURES, ClimateYear
from wss_cases.surveys.results import YearShare

HEADS = {
    "student.safe": _l("Students who feel safe"),
    "student.adult": _l("Students who trust an adult"),
    "student.circle": _l("Students who were in a circle"),
    "family.safe": _l("Families who say their child is safe"),
    "staff.safe": _l("Staff who feel safe"),
}


def heads() -> list[Any]:
    """Return the heads of the table."""
    return [_("School year"), _("Incidents per 100 students a school day"), *(HEADS[one] for one in MEASURES)]


def rows_of(years: Sequence[ClimateYear], *, of_schools: bool) -> list[list[Any]]:
    """Return a row for each year; `of_schools` says of how many schools a share is."""
    return [
        [
            _year(one.year),
            _("not recorded") if one.rate is None else f"{one.rate:.2f}",
            *(_share(one.shares.get(measure), of_schools=of_schools) for measure in MEASURES),
        ]
        for one in years
    ]


def _share(found: YearShare | None, *, of_schools: bool) -> str:
    if found is None:
        return _("not asked")
    percent = found.share.percent
    if percent is None:
        return _("too few to show")
    words = _("%(percent)d%% of %(answers)d", percent=round(percent), answers=found.share.denominator)
    if of_schools:
        schools = ngettext("%(num)s school", "%(num)s schools", found.schools)
        return f"{words} ({schools})"
    return words


def incident_points(years: Sequence[ClimateYear]) -> list[dict[str, Any]]:
    """Return a point for each year's incidents."""
    return [
        {
            "label": _year(one.year),
            "value": one.rate,
            "figure": None if one.rate is None else f"{one.rate:.2f}",
            "note": _("not recorded") if one.rate is None else None,
        }
        for one in years
    ]


def share_points(years: Sequence[ClimateYear], measure: str) -> list[dict[str, Any]]:
    """Return a point for each year's share of a measure."""
    points = []
    for one in years:
        found = one.shares.get(measure)
        percent = found.share.percent if found else None
        note = _("not asked") if found is None else _("too few to show") if percent is None else None
        figure = None if percent is None else f"{round(percent)}%"
        points.append({"label": _year(one.year), "value": percent, "figure": figure, "note": note})
    return points


def _year(year: str) -> str:
    return year.replace("-", "\u2060–\u2060")
