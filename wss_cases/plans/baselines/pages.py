"""The pages of a plan's baselines: frozen figures, survey values, and a measure year by year."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import render_template, url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, local_date, today_at, zone_of
from wss_cases.journal.acts import Pages
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.mail.family_texts import family_texts
from wss_cases.plans.baselines.queries import Trend, baselines_of, counted_again, survey_values_of, trend_of
from wss_cases.plans.measures import PLAN_MEASURES, Figure, is_too_small, number_words, value_of, value_words
from wss_cases.plans.plan.baselines import PlanBaseline, SurveySource, SurveyValue
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import plan_frame
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.surveys.instrument import SurveyGroup, text_code

Line = dict[str, Any]


def made_of(measure: str, figure: Figure) -> str:
    """The numbers behind a figure: "29 suspensions of 420 students"; '' for a count, and where the denominator is
    zero."""
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
    """Whether the actor may open every record of a school, and so see its small figures too."""
    return actor.covers(school_id, *CASE_TEAM)


def baseline_lines(
    actor: Actor, plan: SchoolPlan, rows: Sequence[PlanBaseline], again: dict[int, Figure]
) -> list[Line]:
    """The frozen figures; each also has its value counted again where that differs."""
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
    """The school year; for an unfinished year also the last day counted."""
    year = school_year(row.period_from)
    if row.period_to == school_year_bounds(year)[1]:
        return _("School year %(year)s", year=year)
    return _("School year %(year)s, to %(day)s", year=year, day=day_words_with_year(row.period_to))


def _both(measure: str, figure: Figure) -> str:
    parts = made_of(measure, figure)
    return f"{value_words(measure, figure)} ({parts})" if parts else value_words(measure, figure)


def climate_words(measure: str, day: date) -> str:
    """A question of the climate survey in the reader's language, with the group."""
    group, _dot, code = measure.partition(".")
    text = text_code(SurveyGroup(group), code)
    words = family_texts([text], locale_code(), day)
    return f"{SurveyGroup(group).label}: {words[text].text if text in words else code}"


def survey_lines(rows: Sequence[SurveyValue]) -> list[Line]:
    """The survey values; those of the school's own survey as a share in percent, with the question's text."""
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
    """The finished years as points of a chart; a year with too few is a gap with a note. The current year is not joined
    to them."""
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
    """This year until today, and the same days of the year before, in words."""
    rows = [(_("This school year, to today"), trend.now), (_("Same days of the year before"), trend.before)]
    return [
        {"label": label, "value": _("Not recorded") if figure is None else _shown(measure, figure, small, fewest)}
        for label, figure in rows
    ]


def _shown(measure: str, figure: Figure, small: bool, fewest: int) -> str:
    return _("Too few to show") if not small and is_too_small(measure, figure, fewest) else _both(measure, figure)


pages = Pages("plan_baselines", __name__, url_prefix="/safety-plans/<int:school_plan_id>/baselines")
PAGE = "plan_baselines.baselines"


@pages.get("")
@gate(Permission.PLAN_READ)
def baselines(school_plan_id: int) -> Page:
    """A plan's baselines: frozen figures, and survey values."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    rows = baselines_of(plan.id)
    again = counted_again(actor, plan.school_id, rows, today_at(plan.school_id, clock.now()))
    return render_template(
        "plans/baselines/baselines.html",
        lines=baseline_lines(actor, plan, rows, again),
        surveys=survey_lines(survey_values_of(plan.id)),
        writes=can(actor, Permission.PLAN_WRITE, plan) and plan.state is not PlanState.CLOSED,
        **plan_frame(actor, plan, PAGE),
    )


@pages.get("/<measure>")
@gate(Permission.PLAN_READ)
def trend(school_plan_id: int, measure: str) -> Page:
    """One measure of the school, year by year, with the numbers behind each figure."""
    if measure not in PLAN_MEASURES:
        raise NotFound
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    today = today_at(plan.school_id, clock.now())
    small, fewest = reads_small(actor, plan.school_id), smallest_groups(school_year(today)).cell
    measure_trend = trend_of(actor, plan.school_id, measure, today)
    return render_template(
        "plans/baselines/trend.html",
        measure=PLAN_MEASURES[measure],
        points=trend_points(measure, measure_trend, small, fewest),
        now=same_days(measure, measure_trend, small, fewest),
        small=small,
        **plan_frame(actor, plan, PAGE),
    )
