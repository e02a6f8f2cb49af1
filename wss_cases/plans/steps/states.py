"""What the history of a plan says of its steps."""

from typing import Any, Final

from wss_cases.followups.core.states import OUTCOME_LABELS
from wss_cases.foundation.i18n import lazy_gettext as _l

PLAN_CLOSED: Final = _l("The plan was closed")
STEP_DROPPED: Final = _l("The step was taken out of the plan")

SENTENCES: Final[dict[str, Any]] = {"plan.step_done": (_l("Step recorded: %(outcome)s"), {"outcome": OUTCOME_LABELS})}
