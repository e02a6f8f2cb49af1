"""What the timeline says of follow-ups."""

from typing import Any

from wss_cases.followups.core.states import KINDS, MOVE_REASONS, OUTCOME_LABELS, SNOOZE_REASONS
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.directory.rules import NO_LABEL

TAKEN_BACK: dict[str, Any] = {
    "closed": _l("it is open again"),
    "moved": _l("it is due as before the change"),
    "cancelled": _l("it is needed after all"),
    "reassigned": _l("it is assigned to the previous person again"),
    "snoozed": _l("its reminders are no longer paused"),
}
"""What stands again once an act was taken back."""

LATE: dict[str, Any] = {
    "1": _l("one school day"),
    "2": _l("two school days"),
    "3": _l("three school days"),
    "4": _l("four school days"),
    "5": _l("five school days"),
    "6": _l("six school days"),
    "7": _l("seven school days"),
    "8": _l("eight school days"),
    "9": _l("nine school days"),
    "10": _l("ten school days"),
}
"""After how much lateness something may reach somebody else, by the number that is kept."""

_WHAT: dict[str, Any] = {"what": KINDS}
SENTENCES: dict[str, Any] = {
    "followup.made": (_l("Follow-up added: %(what)s, due %(due_on)s"), _WHAT),
    "followup.done": (_l("Follow-up closed: %(what)s – %(outcome)s"), _WHAT | {"outcome": OUTCOME_LABELS}),
    "followup.in_case": (_l("Follow-up goes on in the case: %(what)s"), _WHAT),
    "followup.moved": (_l("Follow-up moved to %(due_on)s: %(what)s – %(reason)s"), _WHAT | {"reason": MOVE_REASONS}),
    "followup.no_school": (
        _l("Follow-up moved to %(due_on)s: %(what)s. There is no school on %(from_on)s (%(label)s)"),
        _WHAT | NO_LABEL,
    ),
    "followup.year_end": (
        _l("Follow-up moved to %(due_on)s: %(what)s. %(from_on)s is after the last school day of the year"),
        _WHAT,
    ),
    "followup.next_school": (
        _l("Follow-up moved to %(due_on)s: %(what)s. It is due at the student’s next school"),
        _WHAT,
    ),
    "followup.back": (_l("Follow-up back on %(due_on)s: %(what)s. There is school on that day after all"), _WHAT),
    "followup.reassigned": (_l("Follow-up reassigned to %(owner)s: %(what)s"), _WHAT),
    "followup.left": (_l("Follow-up reassigned to %(owner)s because the previous person left: %(what)s"), _WHAT),
    "followup.escalated": (_l("Follow-up overdue for %(late)s: %(what)s. Told: %(to)s"), _WHAT | {"late": LATE}),
    "followup.unreached": (_l("Email about a follow-up is not being delivered: %(what)s. Told: %(to)s"), _WHAT),
    "followup.snoozed": (
        _l("Reminders of a follow-up paused until %(until)s: %(what)s – %(reason)s"),
        _WHAT | {"reason": SNOOZE_REASONS},
    ),
    "followup.cancelled": (_l("Follow-up canceled: %(what)s"), _WHAT),
    "followup.brought_back": (_l("Follow-up open again: %(what)s, due %(due_on)s"), _WHAT),
    "followup.undone": (_l("Undone: %(what)s – %(act)s"), _WHAT | {"act": TAKEN_BACK}),
    "followup_template.changed": _l("Follow-up template changed from %(starts_on)s"),
    "followup_template.ended": _l("Follow-up template ended"),
    "followup_template.own": _l("The school’s own follow-up template from %(starts_on)s"),
    "followup_template.added": _l("Follow-up template added from %(starts_on)s"),
}
