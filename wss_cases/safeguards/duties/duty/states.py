"""Life of a legal duty and of its steps, and their words."""

import enum
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.routing.engine.pages import Duty

DUTY_LABELS: Final[dict[str, object]] = {code.value: words for code, words in Duty.labels().items()} | {
    "bullying_yearly": _l("Verified bullying: yearly report to the State Board"),
    "questioning_of_student": _l("Questioning of a student on school grounds: the guardian first"),
    "annual_police_referral_count": _l("Yearly count of police referrals to the State Board"),
}
"""What each duty of the table asks, in a line."""


class DutyState(Labelled):
    """Open (due, or to be verified first) until discharged or found not to apply."""

    VERIFY_FIRST = "verify_first", _l("Verify first")
    DUE = "due", _l("Due now")
    DISCHARGED = "discharged", _l("Done")
    NOT_APPLICABLE = "not_applicable", _l("Found not to apply")


OPEN_DUTY: Final = frozenset({DutyState.VERIFY_FIRST, DutyState.DUE})
"""States in which a duty still asks for something."""
MAY_NOT_APPLY: Final = OPEN_DUTY | {DutyState.DISCHARGED}
"""States from which two people may find that it does not apply: what was carried out can turn out not to have, too."""

TRANSITIONS: Final[dict[DutyState, frozenset[DutyState]]] = {
    DutyState.VERIFY_FIRST: frozenset({DutyState.DUE, DutyState.DISCHARGED, DutyState.NOT_APPLICABLE}),
    DutyState.DUE: frozenset({DutyState.DISCHARGED, DutyState.NOT_APPLICABLE}),
    DutyState.DISCHARGED: frozenset({DutyState.NOT_APPLICABLE}),
    DutyState.NOT_APPLICABLE: frozenset(),
}


PERSONAL: Final = frozenset({"child_abuse_or_neglect"})
"""Duties that are each adult's own: nobody but that adult and the school's administrator may know of one."""


CONFIDENTIAL: Final = PERSONAL | {Duty.TITLE_IX_CONTACT.value, Duty.ADULT_CONDUCT.value, Duty.ARTICLE_26A_SUPPORT.value}
"""Duties of which no other system hears, not even that one runs."""


class StepWhom(enum.StrEnum):
    """Whom one step of a duty tells: what it counts as, and whom its page says to call."""

    POLICE = "police"
    FAMILY = "family"
    OTHERS = "others"


class StepOutcome(Labelled):
    """What became of one step of a duty."""

    DONE = "done", _l("Carried out")
    NOT_APPLICABLE = "not_applicable", _l("Not applicable")


SAME_CALL: Final = {"yes": _l("Yes, the same call: it is not counted again"), "no": _l("No, this is another call")}
"""Whether a call to the police that is recorded on a step is one that the report already has."""

CHANNEL_LABELS: Final = {
    "phone": _l("Phone"),
    "in_person": _l("In person"),
    "mail": _l("Letter or email"),
    "portal": _l("Online portal"),
}

_CODE: Final = {"code": DUTY_LABELS}

SENTENCES: Final[dict[str, Any]] = {
    "duty.raised": (_l("Legal duty raised (rule %(rules)s): %(code)s"), _CODE),
    "duty.now_due": (_l("Legal duty now due (rule %(rules)s): %(code)s"), _CODE),
    "duty.taken_back": (_l("Legal duty withdrawn with the mark that raised it: %(code)s"), _CODE),
    "duty.facts_changed": (_l("The facts no longer raise this legal duty; it stays open: %(code)s"), _CODE),
    "duty_kind.changed": (_l("A new row of the table of legal duties from %(day)s: %(code)s"), _CODE),
    "duty_kind.ended": (_l("A row of the table of legal duties ends %(day)s: %(code)s"), _CODE),
    "duty.raised_by_hand": (_l("Legal duty raised manually: %(code)s"), _CODE),
    "duty.source_said": (_l("How they know of what raised a legal duty was recorded: %(code)s"), _CODE),
    "duty.verified": (_l("Legal duty verified, due now: %(code)s"), _CODE),
    "duty.step_done": (_l("Step %(position)s of a legal duty carried out: %(code)s"), _CODE),
    "duty.step_not_applicable": (_l("Step %(position)s of a legal duty does not apply: %(code)s"), _CODE),
    "duty.escalated": (_l("The clock of a legal duty ran out: %(code)s. Told: %(to)s"), _CODE),
    "duty.discharged": (_l("Legal duty carried out: %(code)s"), _CODE),
    "duty.not_applicable_proposed": (_l("Proposed that this legal duty does not apply: %(code)s"), _CODE),
    "duty.not_applicable_refused": (_l("Second review: this legal duty still applies: %(code)s"), _CODE),
    "duty.not_applicable": (_l("Found not to apply, after second review: %(code)s"), _CODE),
}
