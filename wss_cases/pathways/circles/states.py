"""What becomes of a meeting and of what was agreed."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l


class TermState(enum.StrEnum):
    """What became of an agreement term; marked by someone other than its owner."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    NOT_KEPT = "not_kept"
    CHANGED = "changed"


class NotHeld(enum.StrEnum):
    """Why a planned meeting did not happen."""

    POSTPONED = "postponed"
    NO_SHOW = "no_show"
    WALKED_OUT = "walked_out"
    CALLED_OFF = "called_off"


TERM_TRANSITIONS: dict[TermState, frozenset[TermState]] = {
    TermState.OPEN: frozenset({TermState.KEPT, TermState.LATE, TermState.NOT_KEPT, TermState.CHANGED}),
    TermState.KEPT: frozenset(),
    TermState.LATE: frozenset(),
    TermState.NOT_KEPT: frozenset(),
    TermState.CHANGED: frozenset(),
}

TERM_LABELS = {
    TermState.OPEN: _l("Open"),
    TermState.KEPT: _l("Kept"),
    TermState.LATE: _l("Kept late"),
    TermState.NOT_KEPT: _l("Not kept"),
    TermState.CHANGED: _l("Changed by consent"),
}

NOT_HELD_LABELS = {
    NotHeld.POSTPONED: _l("Postponed"),
    NotHeld.NO_SHOW: _l("Somebody did not come"),
    NotHeld.WALKED_OUT: _l("Somebody left, and it ended there"),
    NotHeld.CALLED_OFF: _l("Called off"),
}

SENTENCES = {
    "circle.consent_given": _l("A person in the case wishes to take part"),
    "circle.consent_refused": _l("A person in the case does not take part"),
    "circle.hold_lifted": _l("Hold %(rule)s lifted with a reason"),
    "circle.planned": _l("Meeting planned"),
    "circle.moved": _l("Meeting moved"),
    "circle.held": _l("Meeting held; %(came)s of %(invited)s came"),
    "circle.not_held": (_l("Meeting not held: %(reason)s"), {"reason": NOT_HELD_LABELS}),
    "agreement.made": _l("Agreement made; terms: %(terms)s"),
    "agreement.term_marked": (_l("Term %(position)s of the agreement: %(state)s"), {"state": TERM_LABELS}),
}
