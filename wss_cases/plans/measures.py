"""The measures of a school's plan. Each calls the outcomes room that counts it, for an actor who may see the school's
outcomes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from wss_cases.access.actor import Actor
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.outcomes.counting.daily_figures.queries import parts_of
from wss_cases.outcomes.counting.measures import MEASURES, WINDOWS
from wss_cases.outcomes.counting.repair import queries as repair
from wss_cases.outcomes.counting.repair.mission import mission
from wss_cases.outcomes.counting.repair.police import apart_words, police
from wss_cases.outcomes.counting.repair.queries import harms
from wss_cases.outcomes.counting.scope.queries import enrolled_on
from wss_cases.outcomes.counting.scope.rules import Scope, reach_of, reference_day
from wss_cases.outcomes.reports.practice import held_in
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import DisciplineKind


class Direction(Labelled):
    """From the baseline to the target; of a measure, UP or DOWN is the way that is better."""

    UP = "up", _l("Up to")
    DOWN = "down", _l("Down to")
    HOLD = "hold", _l("Hold at")


@dataclass(frozen=True)
class PlanMeasure:
    """A figure of a school over days: `times` × numerator ÷ denominator.

    `numerator` and `denominator` are their labels; without a denominator the figure is a count. `better` is the
    direction in which the figure is better (UP or DOWN); where neither is, it is None and `why_no_direction` says why.
    `is_share`: the numerator is a part of the denominator. `adds_up`: the figure of a school year grows day by day.
    `is_practice`: it counts what adults did, not the result, so it cannot be a target by itself. `is_public`: its
    figures may stand on the public page; those of removals and police may not, beside the page's own counts of
    students. `formula` says in words how it is counted; most are measures of outcomes and use the formula there.
    """

    title: Any
    unit: Any
    numerator: Any
    denominator: Any
    times: int
    formula: Any
    better: Direction | None = None
    why_no_direction: Any = ""
    is_share: bool = False
    adds_up: bool = False
    is_practice: bool = False
    is_public: bool = False


INCIDENTS, SUSPENSIONS, POLICE, AVOIDABLE = "incidents", "suspensions", "police", "avoidable"
CONTACT, AGREEMENTS, REPAIRED, CIRCLES = "contact", "agreements", "repaired", "circles"
RESTORATIVE = "restorative"

PLAN_MEASURES: Final[dict[str, PlanMeasure]] = {
    RESTORATIVE: PlanMeasure(
        _l("Restorative only"),
        _l("percent of incidents that elsewhere often end with the police"),
        _l("incidents restorative only"),
        _l("incidents restorative, with police, or neither"),
        100,
        MEASURES["mission"].formula,
        Direction.UP,
        is_share=True,
    ),
    INCIDENTS: PlanMeasure(
        _l("Incidents"),
        _l("per 100 students per school day"),
        _l("incidents"),
        _l("students × school days"),
        100,
        MEASURES["rate"].formula,
        why_no_direction=_l(
            "This measure has no better direction: incidents also fall when people stop reporting. Reaching the number "
            "is not called a success."
        ),
        is_public=True,
    ),
    SUSPENSIONS: PlanMeasure(
        _l("Out-of-school suspensions"),
        _l("per 100 students"),
        _l("suspensions"),
        _l("students"),
        100,
        MEASURES["removals"].formula,
        Direction.DOWN,
        adds_up=True,
    ),
    POLICE: PlanMeasure(
        _l("Police notifications"),
        _l("per 1,000 students"),
        _l("notifications"),
        _l("students"),
        1000,
        MEASURES["police"].formula,
        Direction.DOWN,
        adds_up=True,
    ),
    AVOIDABLE: PlanMeasure(
        _l("Avoidable police notifications"),
        _l("percent of incidents that could lead to one"),
        _l("avoidable notifications"),
        _l("incidents that could lead to one"),
        100,
        MEASURES["avoidable"].formula,
        Direction.DOWN,
    ),
    CONTACT: PlanMeasure(
        _l("Reached within 1 school day"),
        _l("percent of people harmed"),
        _l("people reached"),
        _l("people harmed"),
        100,
        MEASURES["contact"].formula,
        Direction.UP,
        is_share=True,
        is_public=True,
    ),
    AGREEMENTS: PlanMeasure(
        _l("Agreements kept"),
        _l("percent of terms due"),
        _l("terms kept"),
        _l("terms due"),
        100,
        MEASURES["agreements"].formula,
        Direction.UP,
        is_share=True,
        is_public=True,
    ),
    REPAIRED: PlanMeasure(
        _l("Harm repaired"),
        _l("percent of cases with a person harmed"),
        _l("cases repaired"),
        _l("cases that have had their time"),
        100,
        _l(
            "Cases closed as repaired ÷ cases with a person harmed that were closed in the period, or still open at "
            "its end, and were opened at least %(days)s school days before. A case that was transferred or unfounded "
            "is not counted. Partly repaired does not count as repaired.",
            days=WINDOWS["repaired"],
        ),
        Direction.UP,
        is_share=True,
        is_public=True,
    ),
    CIRCLES: PlanMeasure(
        _l("Circles and other practice held"),
        _l("times"),
        _l("times held"),
        None,
        1,
        _l("Entries of the practice log in the period. It says what adults held, not what changed."),
        why_no_direction=_l("It says what adults held, not what changed."),
        adds_up=True,
        is_practice=True,
    ),
}
"""The measures by the key that goals and baselines store."""

SURVEY: Final = "survey"
"""The key of a goal whose measure is a survey value."""


@dataclass(frozen=True)
class Figure:
    """A counted numerator, and its denominator (None where the measure is a count). `apart`: beside avoidable
    notifications, the emergencies and the firearms or gun threats that were not confirmed; None where it is not known,
    and for every other measure."""

    numerator: float
    denominator: float | None = None
    apart: Sequence[int] | None = field(default=None, compare=False)


def number_words(number: float) -> str:
    """A figure as people write it: whole where possible, otherwise with at most two decimals."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}".rstrip("0").rstrip(".")


def direction_words(measure: str) -> str:
    """Which way a measure is better, or why neither way is."""
    declared = PLAN_MEASURES[measure]
    if declared.better is None:
        return str(declared.why_no_direction)
    return _("Lower is better.") if declared.better is Direction.DOWN else _("Higher is better.")


def value_of(measure: str, numerator: float | None, denominator: float | None) -> float | None:
    """The value of a measure (or of a survey) in its unit; None where it is not known, or where the denominator is
    zero."""
    if numerator is None:
        return None
    declared = PLAN_MEASURES.get(measure)
    if declared is None or declared.denominator is None:
        return numerator
    return declared.times * numerator / denominator if denominator else None


def value_words(measure: str, figure: Figure) -> str:
    """A figure in its unit: "6.9 per 100 students"; "Nothing to count" where the denominator is zero."""
    value = value_of(measure, figure.numerator, figure.denominator)
    words = _("Nothing to count") if value is None else f"{number_words(value)} {PLAN_MEASURES[measure].unit}"
    return dotted(words, beside(measure, figure))


def beside(measure: str, figure: Figure) -> str:
    """What is always said beside avoidable notifications, and in no goal: those that were not confirmed. '' for every
    other measure."""
    if measure != AVOIDABLE:
        return ""
    if figure.apart is None:
        return _("What was not confirmed then is not recorded with this figure")
    return apart_words(*figure.apart)


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


def is_too_small(measure: str, figure: Figure, fewest: int) -> bool:
    """Whether a figure reveals a number below `fewest`: the numerator is positive but smaller, or the remainder of the
    denominator or what stands apart is."""
    if PLAN_MEASURES[measure].is_practice:
        return False  # a count of what adults did identifies no child, however small
    left = (figure.denominator or 0) - figure.numerator if PLAN_MEASURES[measure].is_share else 0
    return any(0 < number < fewest for number in (figure.numerator, left, *(figure.apart or ())))


def refuse_as_target(measure: str) -> None:
    """Refuse a measure as a goal's target: an unknown key, or a measure of practice only. Raises Refused."""
    if measure == SURVEY:
        return
    if measure not in PLAN_MEASURES:
        raise Refused("measure", _("Choose a measure."))
    if PLAN_MEASURES[measure].is_practice:
        raise Refused(
            "measure",
            _(
                "How many circles are held is not a goal by itself: it counts what adults do, not what changes for "
                "students. Choose what should change, and write the circles as a strategy or a step."
            ),
        )


Counter = Callable[[Actor, Scope, SchoolDays], Figure]


def _students(actor: Actor, scope: Scope, days: SchoolDays) -> int:
    return enrolled_on(actor, scope, [reference_day(scope, days)])[0]


def _restorative(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    share = mission(actor, scope).share
    return Figure(share.part, share.whole)


def _incidents(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    gone_by = days.between(scope.first - timedelta(days=1), scope.last)
    return Figure(parts_of(actor, scope).total, _students(actor, scope, days) * gone_by)


def _suspensions(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    instances, _who = repair.removals(actor, scope).get(DisciplineKind.OUT_OF_SCHOOL_SUSPENSION.value, (0, 0))
    return Figure(instances, _students(actor, scope, days))


def _police(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    return Figure(police(actor, scope).instances, _students(actor, scope, days))


def _avoidable(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    made = police(actor, scope)
    return Figure(made.avoidable, parts_of(actor, scope).serious, (made.unconfirmed, made.law_unconfirmed))


def _contact(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    reach = reach_of(repair.contacts(actor, scope), days, scope.seen_on)
    return Figure(reach.within_one, reach.of_all)


def _agreements(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    terms = repair.terms(actor, scope)
    return Figure(terms.kept, terms.due)


def _repaired(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    closed = harms(actor, scope)
    return Figure(closed.repaired, closed.of)


def _circles(actor: Actor, scope: Scope, days: SchoolDays) -> Figure:
    return Figure(held_in(actor, scope).total["times"])


COUNTERS: Final[dict[str, Counter]] = {
    RESTORATIVE: _restorative,
    INCIDENTS: _incidents,
    SUSPENSIONS: _suspensions,
    POLICE: _police,
    AVOIDABLE: _avoidable,
    CONTACT: _contact,
    AGREEMENTS: _agreements,
    REPAIRED: _repaired,
    CIRCLES: _circles,
}


def figures(
    actor: Actor, school_id: int, measures: Iterable[str], first: date, last: date, today: date
) -> dict[str, Figure]:
    """These measures of a school for days of one school year; days in the future are left out."""
    return figures_in(actor, Scope(school_id, school_year(first), first, min(last, today), today), measures)


def figures_in(actor: Actor, scope: Scope, measures: Iterable[str]) -> dict[str, Figure]:
    """These measures of a scope's school."""
    days = school_days(scope.school_id)
    return {measure: COUNTERS[measure](actor, scope, days) for measure in measures}
