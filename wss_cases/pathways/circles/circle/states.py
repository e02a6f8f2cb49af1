"""What becomes of a meeting and of what was agreed."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.directory.states import NO_LABEL


class TermState(enum.StrEnum):
    """What became of an agreement term; marked by someone other than its owner."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    NOT_KEPT = "not_kept"
    CHANGED = "changed"


class MeetingKind(enum.StrEnum):
    """The circle itself, or the meeting at the end of its agreement."""

    CIRCLE = "circle"
    COMPLETION = "completion"


class ScreenAnswer(enum.StrEnum):
    """What the keeper's safety screen says; never why."""

    SAFE = "safe"
    NOT_NOW = "not_now"


class ConsentState(enum.StrEnum):
    """What a party said about taking part, as it stands now."""

    NOT_ASKED = "not_asked"
    YES = "yes"
    NO = "no"


class MeetingState(enum.StrEnum):
    """Where one meeting stands; only a planned one goes anywhere."""

    PLANNED = "planned"
    HELD = "held"
    POSTPONED = "postponed"
    NO_SHOW = "no_show"
    WALKED_OUT = "walked_out"
    CALLED_OFF = "called_off"


class Presence(enum.StrEnum):
    """Whether somebody who was invited came to a meeting."""

    CAME = "came"
    LEFT_EARLY = "left_early"
    ABSENT = "absent"


class SupporterRelation(enum.StrEnum):
    """What a supporter is to the party who asked for them."""

    GUARDIAN = "guardian"
    FAMILY = "family"
    STAFF = "staff"
    FRIEND = "friend"
    COMMUNITY = "community"


class TrainingKind(enum.StrEnum):
    """What a member of staff was trained in; keeping a circle needs the first."""

    CIRCLE_KEEPING = "circle_keeping"
    RESTORATIVE_PRACTICE = "restorative_practice"
    DE_ESCALATION = "de_escalation"
    MENTORING = "mentoring"


class NotHeld(enum.StrEnum):
    """Why a planned meeting did not happen."""

    POSTPONED = "postponed"
    NO_SHOW = "no_show"
    WALKED_OUT = "walked_out"
    CALLED_OFF = "called_off"


CONSENT_TRANSITIONS: dict[ConsentState, frozenset[ConsentState]] = {
    ConsentState.NOT_ASKED: frozenset({ConsentState.YES, ConsentState.NO}),
    ConsentState.YES: frozenset({ConsentState.NO, ConsentState.NOT_ASKED}),
    ConsentState.NO: frozenset({ConsentState.YES}),
}
"""A yes is taken back at any time; who left a meeting is asked anew."""

MEETING_TRANSITIONS: dict[MeetingState, frozenset[MeetingState]] = {
    MeetingState.PLANNED: frozenset(set(MeetingState) - {MeetingState.PLANNED}),
    MeetingState.HELD: frozenset(),
    MeetingState.POSTPONED: frozenset(),
    MeetingState.NO_SHOW: frozenset(),
    MeetingState.WALKED_OUT: frozenset(),
    MeetingState.CALLED_OFF: frozenset(),
}

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

SCREEN_LABELS = {ScreenAnswer.SAFE: _l("Safe to meet"), ScreenAnswer.NOT_NOW: _l("Not now")}

RELATION_LABELS = {
    SupporterRelation.GUARDIAN: _l("Guardian"),
    SupporterRelation.FAMILY: _l("Somebody of the family"),
    SupporterRelation.STAFF: _l("Member of staff"),
    SupporterRelation.FRIEND: _l("Friend"),
    SupporterRelation.COMMUNITY: _l("Somebody from the community"),
}

TRAINING_LABELS = {
    TrainingKind.CIRCLE_KEEPING: _l("Keeping circles"),
    TrainingKind.RESTORATIVE_PRACTICE: _l("Restorative practice"),
    TrainingKind.DE_ESCALATION: _l("De-escalation"),
    TrainingKind.MENTORING: _l("Mentoring"),
}

NOT_HELD_LABELS = {
    NotHeld.POSTPONED: _l("Postponed"),
    NotHeld.NO_SHOW: _l("Somebody did not come"),
    NotHeld.WALKED_OUT: _l("Somebody left, and it ended there"),
    NotHeld.CALLED_OFF: _l("Called off"),
}

CONSENT_LABELS = {
    ConsentState.NOT_ASKED: _l("Not asked yet"),
    ConsentState.YES: _l("Wishes to take part"),
    ConsentState.NO: _l("Does not take part"),
}

MEETING_LABELS = {
    MeetingState.PLANNED: _l("Planned"),
    MeetingState.HELD: _l("Held"),
    MeetingState.POSTPONED: _l("Postponed"),
    MeetingState.NO_SHOW: _l("Somebody did not come"),
    MeetingState.WALKED_OUT: _l("Somebody left, and it ended there"),
    MeetingState.CALLED_OFF: _l("Called off"),
}

PRESENCE_LABELS = {
    Presence.CAME: _l("Came"),
    Presence.LEFT_EARLY: _l("Came and left early"),
    Presence.ABSENT: _l("Did not come"),
}

STRUCK_OUT = frozenset({MeetingState.POSTPONED, MeetingState.CALLED_OFF})
"""States in which calendars strike a meeting out."""


def consent_state(consented: bool | None) -> ConsentState:
    """Return where a consent stands by what is stored."""
    return {True: ConsentState.YES, False: ConsentState.NO, None: ConsentState.NOT_ASKED}[consented]


def meeting_state(happened: bool | None, not_held_reason: str) -> MeetingState:
    """Return where a meeting stands by what is stored."""
    if happened is None:
        return MeetingState.PLANNED
    return MeetingState.HELD if happened else MeetingState(not_held_reason)


SENTENCES = {
    "circle.keeper_named": _l("%(name)s keeps this circle"),
    "circle.keeper_ended": _l("%(name)s keeps this circle no longer"),
    "circle.consent_given": _l("A person in the case wishes to take part"),
    "circle.consent_refused": _l("A person in the case does not take part"),
    "circle.consent_withdrawn": _l("A person in the case no longer takes part"),
    "circle.consent_reopened": _l("A person in the case is to be asked again"),
    "circle.support_offered": _l("Support offered to a person in the case"),
    "circle.pre_met": _l("Pre-meeting held with a person in the case"),
    "circle.ready": _l("A person in the case is ready to meet"),
    "circle.not_ready": _l("A person in the case is not ready to meet"),
    "circle.supporter_added": (_l("Supporter invited: %(relation)s"), {"relation": RELATION_LABELS}),
    "circle.supporter_ended": (_l("Supporter no longer invited: %(relation)s"), {"relation": RELATION_LABELS}),
    "circle.screened": (_l("Safety screen: %(answer)s"), {"answer": SCREEN_LABELS}),
    "circle.training_recorded": (_l("Training recorded: %(training)s"), {"training": TRAINING_LABELS}),
    "circle.training_ends": (_l("End of a training set: %(training)s"), {"training": TRAINING_LABELS}),
    "circle.setting_changed": _l("The school's setting for circles changed"),
    "circle.hold_lifted": _l("Hold %(rule)s lifted with a reason"),
    "circle.planned": _l("Meeting planned"),
    "circle.moved": _l("Meeting moved"),
    "circle.no_school": (
        _l("There is no school on %(day)s, the day of the meeting (%(label)s): a new day is to be found"),
        NO_LABEL,
    ),
    "circle.held": _l("Meeting held; %(came)s of %(invited)s came"),
    "circle.not_held": (_l("Meeting not held: %(reason)s"), {"reason": NOT_HELD_LABELS}),
    "agreement.made": _l("Agreement made; terms: %(terms)s"),
    "agreement.term_marked": (_l("Term %(position)s of the agreement: %(state)s"), {"state": TERM_LABELS}),
}
