"""What a circle plan is for, and what the history says of one."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class CirclePlanKind(Labelled):
    """What a plan belongs to."""

    TEMPLATE = "template", _l("Ready-made plan")
    SHELF = "shelf", _l("On our school's shelf")
    CIRCLE = "circle", _l("Circle for a case")
    COMMUNITY = "community", _l("Community circle")


OWN_KINDS: Final = (CirclePlanKind.COMMUNITY, CirclePlanKind.SHELF)
"""What somebody at a school makes a plan for without a case."""

SENTENCES: dict[str, Any] = {
    "circle.plan_written": _l("Circle plan written"),
    "circle.plan_changed": _l("Circle plan changed"),
    "circle.plan_deleted": _l("Circle plan deleted"),
}
