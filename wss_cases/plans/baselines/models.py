"""The timeline sentences about a plan's baselines."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l

SENTENCES: Final[dict[str, Any]] = {
    "plan.baseline_frozen": _l("Baseline frozen for %(year)s"),
    "plan.survey_entered": _l("Survey value entered for %(year)s"),
    "plan.goal_has_baseline": _l("Goal given its baseline"),
}
