"""The figures of a public page, in different students, and what each is a part of."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.equity.suppression import ENROLLED, ROOT

REMOVED, POLICE, CLOSED, REPAIRED = "removed", "police", "closed", "repaired"

PARENTS: Final[dict[str, str]] = {ROOT: ENROLLED, REMOVED: ROOT, POLICE: ROOT, CLOSED: ENROLLED, REPAIRED: CLOSED}
"""Each figure to what it is a part of, which comes before it."""

FIGURE_LABELS: Final[dict[str, Any]] = {
    ROOT: _l("Students reported in an incident"),
    REMOVED: _l("Of these, suspended or removed from class"),
    POLICE: _l("Of these, police were notified"),
    CLOSED: _l("Students harmed, in cases that were closed"),
    REPAIRED: _l("Of these, the harm was repaired"),
}
