"""The figures of goals: baseline, now and target of each, and how they stand together, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.foundation.clock import school_year, school_year_bounds
from wss_cases.foundation.db import among, db
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.plans.measures import (
    PLAN_MEASURES,
    Figure,
    beside,
    direction_words,
    figures,
    is_too_small,
    number_words,
    value_of,
)
from wss_cases.plans.plan.baselines import PlanBaseline, SurveyValue, rows_by_id
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.goals.models import PlanGoal, aim_words, measure_words
from wss_cases.plans.plan.goals.rules import GOOD, Aim, Progress, progress_of
from wss_cases.roster.directory.queries import school_days


@dataclass(frozen=True)
class Known:
    """What is known of a goal: its baseline and what this counts, and the figure of today; None where it is not
    measured or not known.

    `gone` and `of_year`: the school days of this year that are over, and all of them (0: not known). `now_on`: the last
    day that a past year counts. `is_hidden`: no figure is shown where this goes.
    """

    then: Figure | None = None
    begins: date | None = None
    then_period: str = ""
    now: Figure | None = None
    now_period: str = ""
    now_on: date | None = None
    gone: int | None = None
    of_year: int = 0
    is_hidden: bool = False


def reads_small(actor: Actor, school_id: int) -> bool:
    """Whether the actor may open every record of a school, and so see its small figures too."""
    return actor.covers(school_id, *CASE_TEAM)


def fewest_for(actor: Actor, plan: SchoolPlan, on: date) -> int:
    """Figures of fewer are not shown to the actor; 0 where all are."""
    return 0 if reads_small(actor, plan.school_id) else smallest_groups(school_year(on)).cell


def baselines_of_goals(goals: Iterable[PlanGoal]) -> dict[int, Known]:
    """The baselines of goals by id, in two statements; a goal without one is left out."""
    goals = list(goals)
    frozen = rows_by_id(PlanBaseline, [goal.baseline_id for goal in goals])
    values = rows_by_id(SurveyValue, [goal.survey_value_id for goal in goals])
    found = {}
    for goal in goals:
        row, value = frozen.get(goal.baseline_id), values.get(goal.survey_value_id)
        if row is not None and row.numerator is not None:
            found[goal.id] = Known(row.figure, row.period_to, period_words(row.period_from, row.period_to))
        elif value is not None:
            found[goal.id] = Known(Figure(value.value), school_year_bounds(value.school_year)[1], value.school_year)
    return found


def known_of(actor: Actor, plan: SchoolPlan, goals: Iterable[PlanGoal], on: date) -> dict[int, Known]:
    """Baseline and now of goals by id, of a plan whose outcomes the actor may see: now is the school year until a day,
    and of a survey its newest value."""
    goals = list(goals)
    first, end = school_year_bounds(school_year(on))
    measured = [measure for measure in dict.fromkeys(goal.measure for goal in goals) if measure in PLAN_MEASURES]
    now = figures(actor, plan.school_id, measured, first, end, on)
    over, then = year_so_far(plan.school_id, on), baselines_of_goals(goals)
    newest = _newest_values(plan.id) if any(goal.survey_value_id for goal in goals) else {}
    found = {}
    for goal in goals:
        known = then.get(goal.id, Known())
        if goal.measure in PLAN_MEASURES:
            counted = replace(over, now=now[goal.measure])
            if PLAN_MEASURES[goal.measure].adds_up:
                counted = replace(counted, now_period=part_words(over))
            found[goal.id] = replace(counted, then=known.then, begins=known.begins, then_period=known.then_period)
        elif (later := newest.get(goal.survey_value_id or 0)) is not None:
            found[goal.id] = replace(known, now=Figure(later.value), now_period=later.school_year)
        else:
            found[goal.id] = known
    return found


def year_so_far(school_id: int, on: date) -> Known:
    """How far the school year of a day has gone at a school; without its calendar all of its days are not known."""
    year, days = school_year(on), school_days(school_id)
    first, end = school_year_bounds(year)
    before = first - timedelta(days=1)
    of_year = days.between(before, end) if days.last_of_year(year) is not None else 0
    return Known(now_period=_("%(year)s so far", year=year), gone=days.between(before, on), of_year=of_year)


def part_words(known: Known) -> str:
    """The part of a school year that a figure counts which grows day by day."""
    if not known.of_year:
        return known.now_period
    days = _("%(gone)s of %(all)s school days", gone=known.gone, all=known.of_year)
    return f"{known.now_period}, {days}"


def period_words(first: date, last: date) -> str:
    """The school year of a baseline; of one taken before its year was over also the last day."""
    year = school_year(first)
    if last == school_year_bounds(year)[1]:
        return year
    return _("%(year)s to %(day)s", year=year, day=day_words_with_year(last))


def _newest_values(plan_id: int) -> dict[int, SurveyValue]:
    """For each value of a plan the newest one of a later year, of the same survey and scale, by the earlier one's id;
    one that was not measured again is left out."""
    of_plan = select(SurveyValue).where(SurveyValue.plan_id == plan_id)
    rows = db.session.scalars(of_plan.order_by(SurveyValue.school_year, SurveyValue.id)).all()
    newest = {(row.instrument, row.scale): row for row in rows}
    later = [(row, newest[row.instrument, row.scale]) for row in rows]
    return {row.id: last for row, last in later if last.school_year > row.school_year}


def aim_of(goal: PlanGoal, known: Known, target: float | None = None) -> Aim | None:
    """A goal in figures, with another `target` where one is given; None for one that is not measured."""
    target = goal.target if target is None else target
    if goal.direction is None or target is None or goal.target_by is None:
        return None
    then = _value(goal, known.then)
    return Aim(goal.measure, goal.direction, then, target, known.begins or goal.target_by, goal.target_by)


def backward_of(goals: Iterable[PlanGoal]) -> list[PlanGoal]:
    """Those goals whose target points backward."""
    goals = list(goals)
    known = baselines_of_goals(goals)
    aims = ((goal, aim_of(goal, known.get(goal.id, Known()))) for goal in goals)
    return [goal for goal, aim in aims if aim is not None and aim.is_backward()]


def backward_counts(plan_ids: Sequence[int], _today: date) -> dict[int, int]:
    """How many goals of each of these plans point backward, with a reason or without; the caller checked the plans."""
    standing = select(PlanGoal).where(among(PlanGoal.plan_id, plan_ids), PlanGoal.removed_on.is_(None))
    counts: dict[int, int] = {}
    for goal in backward_of(db.session.scalars(standing.where(PlanGoal.direction.is_not(None)))):
        counts[goal.plan_id] = counts.get(goal.plan_id, 0) + 1
    return counts


def _value(goal: PlanGoal, figure: Figure | None) -> float | None:
    return None if figure is None else value_of(goal.measure, figure.numerator, figure.denominator)


TONES: Final = {
    **dict.fromkeys(GOOD, "moss"), Progress.EARLY: "slate", Progress.BEHIND: "sun", Progress.WORSE: "brick",
    Progress.NOT_HELD: "brick",
}  # fmt: skip


@dataclass(frozen=True)
class GoalLine:
    """Baseline, now and target of a goal in words, as they stand together wherever the goal stands.

    `words` is the whole line and `measure`, `then`, `now` and `target` its parts; of a goal that is not measured only
    `words` says something. `standing`: how it stands; None where nothing may be said. `notes`: that the measure has no
    better direction, that the target points backward and why. `small`: a figure in it is too small to leave the school.
    """

    words: str
    measure: str = ""
    then: str = ""
    now: str = ""
    target: str = ""
    standing: Progress | None = None
    notes: Sequence[str] = ()
    small: bool = False

    @property
    def progress(self) -> str:
        """How the goal stands, in words; '' where nothing may be said."""
        return str(self.standing.label) if self.standing is not None else ""

    @property
    def tone(self) -> str:
        """The tone of `progress`."""
        return TONES[self.standing] if self.standing is not None else ""


def lines_of(actor: Actor, plan: SchoolPlan, goals: Iterable[PlanGoal], on: date, fewest: int) -> dict[int, GoalLine]:
    """The line of each goal of a plan on a day, by id; the actor may see the outcomes of its school."""
    goals = list(goals)
    known = known_of(actor, plan, goals, on)
    return {goal.id: goal_line(goal, known[goal.id], on, fewest) for goal in goals}


def goal_line(goal: PlanGoal, known: Known, on: date, fewest: int, target: float | None = None) -> GoalLine:
    """The line of a goal on a day. `fewest`: figures of fewer are not shown, nor what tells of them; 0 where all are.
    `target`: that of a review, in place of the goal's own."""
    aim = aim_of(goal, known, target)
    if aim is None:
        return GoalLine(_("Not measured: %(why)s", why=goal.why_not_measured))
    figures_of_goal = (known.then, known.now)
    few = [known.is_hidden or _is_few(goal, figure, fewest) for figure in figures_of_goal]
    aims = aim_words(aim.direction, aim.target)
    parts = {
        "measure": measure_words(goal.measure),
        "then": _("not shown here") if known.is_hidden else _then_words(goal, known, few[0]),
        "now": _("not shown here") if known.is_hidden else _now_words(goal, known, few[1]),
        "target": _("%(aim)s by %(day)s", aim=aims[:1].lower() + aims[1:], day=day_words_with_year(aim.by)),
    }
    least = smallest_groups(school_year(on)).cell
    return GoalLine(
        _("%(measure)s: baseline %(then)s → now %(now)s → target %(target)s", **parts),
        **parts,
        standing=None if any(few) else progress_of(aim, _value(goal, known.now), on, known.gone, known.of_year),
        notes=[*notes_of(goal, aim), *_not_confirmed(goal, known, few)],
        small=not fewest and any(_is_few(goal, figure, least) for figure in figures_of_goal),
    )  # fmt: skip


def _not_confirmed(goal: PlanGoal, known: Known, few: Sequence[bool]) -> list[str]:
    """What is said beside the avoidable notifications of the baseline and of now; nothing beside what is not shown."""
    named = ((_("Baseline"), known.then, few[0]), (_("Now"), known.now, few[1]))
    said = [(name, beside(goal.measure, figure)) for name, figure, hides in named if figure is not None and not hides]
    return [f"{name}: {words}" for name, words in said if words]


def measure_row(goal: PlanGoal, known: Known, fewest: int) -> dict[str, Any]:
    """The measure of a goal for the form: its name, which way is better, and its baseline and figure now."""
    few = [_is_few(goal, figure, fewest) for figure in (known.then, known.now)]
    then, now = _then_words(goal, known, few[0]), _now_words(goal, known, few[1])
    both = _("Baseline %(then)s → now %(now)s", then=then, now=now)
    return {
        "label": measure_words(goal.measure),
        "value": [direction_words(goal.measure), both, *_not_confirmed(goal, known, few)],
    }


def _is_few(goal: PlanGoal, figure: Figure | None, fewest: int) -> bool:
    return figure is not None and goal.measure in PLAN_MEASURES and is_too_small(goal.measure, figure, fewest)


def _words(goal: PlanGoal, figure: Figure | None, period: str, few: bool) -> str:
    """A figure and the year it counts; '' where it is not known."""
    if figure is None:
        return ""
    value = _value(goal, figure)
    words = _("too few to show") if few else _("nothing to count") if value is None else number_words(value)
    return f"{words} ({period})" if period else words


def _then_words(goal: PlanGoal, known: Known, few: bool) -> str:
    return _words(goal, known.then, known.then_period, few) or _("not frozen yet")


def _now_words(goal: PlanGoal, known: Known, few: bool) -> str:
    return _words(goal, known.now, known.now_period, few) or _("not known yet")


def notes_of(goal: PlanGoal, aim: Aim) -> list[str]:
    """What is said wherever a goal stands: that its measure has no better direction; that its target points backward,
    with the reason."""
    declared, notes = PLAN_MEASURES.get(goal.measure), []
    if declared is not None and declared.better is None:
        notes.append(str(declared.why_no_direction))
    if aim.is_backward():
        why = goal.why_backward.strip()
        notes.append(
            _("This goal points the wrong way. Reason: %(why)s", why=why)
            if why
            else _("This goal points the wrong way, and no reason is given.")
        )
    return notes
