"""The components that a plan is written under, and what the history says of its template."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Component(Labelled):
    """The three components of every plan."""

    PHYSICAL = "physical", _l("Physical safety")
    EMOTIONAL = "emotional", _l("Emotional safety")
    TRUST = "trust", _l("Relational trust")


SENTENCES: Final[dict[str, Any]] = {
    "plan_template.changed": _l("School safety plan template changed from a day on"),
    "plan_template.confirmed": _l("School safety plan template confirmed"),
}
