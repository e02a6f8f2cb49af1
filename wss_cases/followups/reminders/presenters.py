"""How late a follow-up is, and why that reaches somebody who does not own it, in words."""

from typing import Any

from wss_cases.followups.reminders.plan import Reached
from wss_cases.followups.reminders.rules import UNREACHED, Why
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext

WHY: dict[Why, Any] = {
    Why.LEADS: _l("you lead the case it belongs to"),
    Why.NEXT: _l("nobody else leads its case, and you are next in line"),
    Why.ADMINISTERS: _l("you administer the school"),
    Why.STANDS_IN: _l("you stand in for somebody who is away"),
    Why.ACTS: _l("it is yours to carry out"),
}


def reached_words(found: Reached) -> str:
    """Return why something late reached its reader: "Overdue for 1 school day; you lead the case it belongs to."."""
    if found.level == UNREACHED:
        return _("Mail to the person who has it does not arrive; %(why)s.", why=WHY[found.why])
    late = ngettext("Overdue for %(num)d school day", "Overdue for %(num)d school days", found.late)
    return _("%(late)s; %(why)s.", late=late, why=WHY[found.why])
