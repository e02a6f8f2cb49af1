"""Baselines in words: what was frozen, what counting again gives, how a measure moved."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.mail.family_texts.queries import family_texts
from wss_cases.plans.baselines.queries import Trend
from wss_cases.plans.measures.rules import Figure, is_too_small, number_words, value_of, value_words
from wss_cases.plans.measures.states import PLAN_MEASURES
from wss_cases.plans.plan.baselines.models import PlanBaseline, SurveyValue
from wss_cases.plans.plan.baselines.states import SurveySource
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.surveys.instrument import SurveyGroup, text_code

Line = dict[str, Any]


def made_of(measure: str, figure: Figure) -> str:
    """Return what a figure is made of: "29 suspensions of 420 students"; '' for a count, and for what is of nothing."""
    declared = PLAN_MEASURES[measure]
    if not figure.denominator:
        return ""
    return _(
        "%(part)s %(parts)s of %(whole)s %(wholes)s",
        part=number_words(figure.numerator),
        parts=declared.numerator,
        whole=number_words(figure.denominator),
        wholes=declared.denominator,
    )


def reads_small(actor: Actor, school_id: int) -> bool:
    """Whether somebody opens every record of a school, and so sees its small figures too."""
    return actor.covers(school_id, *CASE_TEAM)


def baseline_lines(
    actor: Actor, plan: SchoolPlan, rows: Sequence[PlanBaseline], again: dict[int, Figure]
) -> list[Line]:
    """Return what is frozen, each with what counting the same days again gives where that is another figure."""
    names, zone = user_names(row.taken_by_id for row in rows), zone_of(plan.school_id)
    small = reads_small(actor, plan.school_id)
    return [_line(plan, row, again[row.id], small, names, zone) for row in rows]


def _line(
    plan: SchoolPlan, row: PlanBaseline, now: Figure, small: bool, names: dict[int, str], zone: str
) -> Line:  # fmt: skip
    frozen = Figure(row.numerator or 0, row.denominator)
    hidden = row.suppressed and not small
    fewest = 0 if small else smallest_groups(school_year(row.period_from)).cell
    changed = frozen != now and not hidden and not is_too_small(row.measure, now, fewest)
    return {
        "title": PLAN_MEASURES[row.measure].title,
        "period": _period(row),
        "value": _("Too few to show") if hidden else value_words(row.measure, frozen),
        "made_of": "" if hidden else made_of(row.measure, frozen),
        "small": row.suppressed and small,
        "taken": day_words_with_year(local_date(row.taken_at, zone)),
        "by": names.get(row.taken_by_id or 0, ""),
        "again": _both(row.measure, now) if changed else "",
        "href": url_for("plan_baselines.trend", school_plan_id=plan.id, measure=row.measure),
    }


def _period(row: PlanBaseline) -> str:
    """The school year; where it was not over yet, until which day."""
    year = school_year(row.period_from)
    if row.period_to == school_year_bounds(year)[1]:
        return _("School year %(year)s", year=year)
    return _("School year %(year)s, to %(day)s", year=year, day=day_words_with_year(row.period_to))


def _both(measure: str, figure: Figure) -> str:
    parts = made_of(measure, figure)
    return f"{value_words(measure, figure)} ({parts})" if parts else value_words(measure, figure)


def climate_words(measure: str, day: date) -> str:
    """Return a question of the climate survey in the reader's language, with the group that is asked."""
    group, _dot, code = measure.partition(".")
    text = text_code(SurveyGroup(group), code)
    words = family_texts([text], locale_code(), day)
    return f"{SurveyGroup(group).label}: {words[text].text if text in words else code}"


def survey_lines(rows: Sequence[SurveyValue]) -> list[Line]:
    """Return the values of surveys; of the school's own the share in percent, and its question in words."""
    return [
        {
            **(_climate_line(row) if row.source is SurveySource.CLIMATE else _entered_line(row)),
            "year": row.school_year,
            "is_entered": row.source is SurveySource.ENTERED,
        }
        for row in rows
    ]


def _entered_line(row: SurveyValue) -> Line:
    return {"title": row.instrument, "scale": row.scale, "value": number_words(row.value)}


def _climate_line(row: SurveyValue) -> Line:
    question = climate_words(row.scale, school_year_bounds(row.school_year)[1])
    return {"title": row.source.label, "scale": question, "value": f"{number_words(row.value)}%"}


def trend_points(measure: str, trend: Trend, small: bool, fewest: int) -> list[Line]:
    """Return the finished years as points of a chart; one with too few is a gap that says so. The year that goes on is
    not joined to them."""
    points = []
    for year in trend.years:
        if year.until is not None:
            continue
        hidden = not small and is_too_small(measure, year.figure, fewest)
        value = None if hidden else value_of(measure, year.figure.numerator, year.figure.denominator)
        points.append(
            {
                "label": year.name,
                "value": value,
                "figure": None if value is None else number_words(value),
                "note": _("Too few to show") if hidden else "",
                "made_of": "" if hidden else made_of(measure, year.figure),
            }
        )
    return points


def same_days(measure: str, trend: Trend, small: bool, fewest: int) -> list[Line]:
    """Return this year until today beside the same days of the year before, in words."""
    rows = [(_("This school year, to today"), trend.now), (_("Same days of the year before"), trend.before)]
    return [
        {"label": label, "value": _("Not recorded") if figure is None else _shown(measure, figure, small, fewest)}
        for label, figure in rows
    ]


def _shown(measure: str, figure: Figure, small: bool, fewest: int) -> str:
    return _("Too few to show") if not small and is_too_small(measure, figure, fewest) else _both(measure, figure)
