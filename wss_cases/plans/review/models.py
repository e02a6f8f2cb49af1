"""What the history of a plan says of its reviews."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.progress import Rating, ReviewKind

_KIND: Final[dict[str, Any]] = {"kind": {kind.value: kind.label for kind in ReviewKind}}

SENTENCES: Final[dict[str, Any]] = {
    "plan.review_started": (_l("%(kind)s started"), _KIND),
    "plan.goal_rated": (_l("Goal rated: %(rating)s"), {"rating": {rating.value: rating.label for rating in Rating}}),
    "plan.review_closed": (_l("%(kind)s closed"), _KIND),
}
