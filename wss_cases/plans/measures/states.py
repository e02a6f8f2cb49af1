"""The measures that a plan may stand on: each counted by the rooms of outcomes, never a second time here."""

from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.counting.measures.definitions import MEASURES


@dataclass(frozen=True)
class PlanMeasure:
    """A figure of a school and its days: `times` × numerator ÷ denominator.

    `numerator` and `denominator` say what these are; without a denominator the figure is a count. `is_share`: the
    numerator is a part of the denominator. `is_practice`: it says what adults held, not what came of it, and so is no
    target by itself. `formula`: how it is counted, in words; most are measures of outcomes and say it there.
    """

    title: Any
    unit: Any
    numerator: Any
    denominator: Any
    times: int
    formula: Any
    is_share: bool = False
    is_practice: bool = False


INCIDENTS, SUSPENSIONS, POLICE, AVOIDABLE = "incidents", "suspensions", "police", "avoidable"
CONTACT, AGREEMENTS, REPAIRED, CIRCLES = "contact", "agreements", "repaired", "circles"

PLAN_MEASURES: Final[dict[str, PlanMeasure]] = {
    INCIDENTS: PlanMeasure(
        _l("Incidents"),
        _l("per 100 students per school day"),
        _l("incidents"),
        _l("students × school days"),
        100,
        MEASURES["rate"].formula,
    ),
    SUSPENSIONS: PlanMeasure(
        _l("Out-of-school suspensions"),
        _l("per 100 students"),
        _l("suspensions"),
        _l("students"),
        100,
        MEASURES["removals"].formula,
    ),
    POLICE: PlanMeasure(
        _l("Police notifications"),
        _l("per 1,000 students"),
        _l("notifications"),
        _l("students"),
        1000,
        MEASURES["police"].formula,
    ),
    AVOIDABLE: PlanMeasure(
        _l("Avoidable police notifications"),
        _l("percent of incidents that could lead to one"),
        _l("avoidable notifications"),
        _l("incidents that could lead to one"),
        100,
        MEASURES["avoidable"].formula,
    ),
    CONTACT: PlanMeasure(
        _l("Reached within 1 school day"),
        _l("percent of people harmed"),
        _l("people reached"),
        _l("people harmed"),
        100,
        MEASURES["contact"].formula,
        is_share=True,
    ),
    AGREEMENTS: PlanMeasure(
        _l("Agreements kept"),
        _l("percent of terms due"),
        _l("terms kept"),
        _l("terms due"),
        100,
        MEASURES["agreements"].formula,
        is_share=True,
    ),
    REPAIRED: PlanMeasure(
        _l("Harm repaired"),
        _l("percent of closed cases with a person harmed"),
        _l("cases repaired"),
        _l("cases closed"),
        100,
        _l(
            "Cases closed as repaired ÷ cases closed in the period with a person harmed. A case that was transferred "
            "or unfounded is not counted. Partly repaired does not count as repaired."
        ),
        is_share=True,
    ),
    CIRCLES: PlanMeasure(
        _l("Circles and other practice held"),
        _l("times"),
        _l("times held"),
        None,
        1,
        _l("Entries of the practice log in the period. It says what adults held, not what changed."),
        is_practice=True,
    ),
}
"""By the key that goals and baselines store."""

SURVEY: Final = "survey"
"""The key of a goal whose measure is a value of a survey."""
