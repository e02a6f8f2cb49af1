"""How late a follow-up is, and why that reaches somebody who does not own it, in words."""

from wss_cases.followups.reminders.plan import EscalationReason
from wss_cases.followups.reminders.rules import UNDELIVERABLE
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext


def escalation_words(reason: EscalationReason) -> str:
    """Return why something late reached its reader: "Overdue for 1 school day; you lead the case it belongs to."."""
    if reason.level == UNDELIVERABLE:
        return _("Email to the person responsible is not being delivered; %(why)s.", why=reason.why.label)
    late = ngettext("Overdue for %(num)d school day", "Overdue for %(num)d school days", reason.late)
    return _("%(late)s; %(why)s.", late=late, why=reason.why.label)
