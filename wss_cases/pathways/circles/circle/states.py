"""What becomes of a meeting and of what was agreed."""

import enum

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.roster.directory.rules import NO_LABEL


class TermState(Labelled):
    """What became of an agreement term; marked by someone other than its owner."""

    OPEN = "open", _l("Open")
    KEPT = "kept", _l("Done")
    LATE = "late", _l("Done late")
    NOT_KEPT = "not_kept", _l("Not done")
    CHANGED = "changed", _l("Changed by consent")
    EXCUSED = "excused", _l("Excused")


class MeetingKind(enum.StrEnum):
    """The circle itself, or the meeting at the end of its agreement."""

    CIRCLE = "circle"
    COMPLETION = "completion"


class ScreenAnswer(Labelled):
    """What the keeper's safety screen says; never why."""

    SAFE = "safe", _l("Safe to meet")
    NOT_NOW = "not_now", _l("Not now")


class ConsentState(Labelled):
    """What a party said about taking part, as it stands now."""

    NOT_ASKED = "not_asked", _l("Not asked yet")
    YES = "yes", _l("Wants to take part")
    NOT_NOW = "not_now", _l("Not now")
    NO = "no", _l("Does not take part")


class PartyAnswer(Labelled):
    """What a party answers when they are asked whether they want to take part."""

    YES = "yes", _l("Yes")
    NOT_NOW = "not_now", _l("Not now")
    NO = "no", _l("No")


class GuardianAnswer(Labelled):
    """What a guardian answers, and how; or that nobody was reached."""

    PAPER = "paper", _l("Signed on paper")
    PHONE = "phone", _l("Yes, by phone")
    NO = "no", _l("No")
    NOT_REACHED = "not_reached", _l("Not reached")


class ConsentManner(Labelled):
    """How a guardian consented."""

    PAPER = "paper", _l("Signed on paper")
    PHONE = "phone", _l("By phone")


class MeetingState(Labelled):
    """Where one meeting stands; only a planned one goes anywhere."""

    PLANNED = "planned", _l("Planned")
    HELD = "held", _l("Held")
    POSTPONED = "postponed", _l("Postponed")
    NO_SHOW = "no_show", _l("Someone did not come")
    WALKED_OUT = "walked_out", _l("Someone left, and it ended there")
    CALLED_OFF = "called_off", _l("Canceled")


class Presence(Labelled):
    """Whether somebody who was invited came to a meeting."""

    CAME = "came", _l("Came")
    LEFT_EARLY = "left_early", _l("Came and left early")
    ABSENT = "absent", _l("Did not come")


class SupporterRelation(Labelled):
    """What a supporter is to the party who asked for them."""

    GUARDIAN = "guardian", _l("Guardian")
    FAMILY = "family", _l("Family member")
    STAFF = "staff", _l("Staff member")
    FRIEND = "friend", _l("Friend")
    COMMUNITY = "community", _l("Community member")


class NotHeld(Labelled):
    """Why a planned meeting did not happen."""

    POSTPONED = "postponed", _l("Postponed")
    NO_SHOW = "no_show", _l("Someone did not come")
    WALKED_OUT = "walked_out", _l("Someone left, and it ended there")
    CALLED_OFF = "called_off", _l("Canceled")


CONSENT_TRANSITIONS: dict[ConsentState, frozenset[ConsentState]] = {
    ConsentState.NOT_ASKED: frozenset({ConsentState.YES, ConsentState.NOT_NOW, ConsentState.NO}),
    ConsentState.YES: frozenset({ConsentState.NOT_NOW, ConsentState.NO, ConsentState.NOT_ASKED}),
    ConsentState.NOT_NOW: frozenset({ConsentState.YES, ConsentState.NO}),
    ConsentState.NO: frozenset({ConsentState.YES, ConsentState.NOT_NOW}),
}
"""A yes is taken back at any time; who left a meeting is asked anew; *not now* is no refusal, and is asked again."""

MEETING_TRANSITIONS: dict[MeetingState, frozenset[MeetingState]] = {
    **dict.fromkeys(MeetingState, frozenset()),
    MeetingState.PLANNED: frozenset(MeetingState) - {MeetingState.PLANNED},
}

MARKED = frozenset({TermState.KEPT, TermState.LATE, TermState.NOT_KEPT, TermState.EXCUSED})
"""What a term was found to be; a mistake is corrected with a reason, or the term is opened again."""

TERM_TRANSITIONS: dict[TermState, frozenset[TermState]] = {
    TermState.OPEN: MARKED | {TermState.CHANGED},
    TermState.CHANGED: frozenset(),
    **{state: (MARKED - {state}) | {TermState.OPEN} for state in MARKED},
}


STRUCK_OUT = frozenset({MeetingState.POSTPONED, MeetingState.CALLED_OFF})
"""States in which calendars strike a meeting out."""


def consent_state(consented: bool | None, not_now: bool = False) -> ConsentState:
    """Return where a consent stands by what is stored."""
    if not_now:
        return ConsentState.NOT_NOW
    return {True: ConsentState.YES, False: ConsentState.NO, None: ConsentState.NOT_ASKED}[consented]


def meeting_state(happened: bool | None, not_held_reason: str) -> MeetingState:
    """Return where a meeting stands by what is stored."""
    if happened is None:
        return MeetingState.PLANNED
    return MeetingState.HELD if happened else MeetingState(not_held_reason)


SENTENCES = {
    "circle.keeper_named": _l("%(name)s keeps this circle"),
    "circle.keeper_ended": _l("%(name)s no longer keeps this circle"),
    # who said what is told to nobody who reads the history
    "circle.consent_given": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_refused": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_withdrawn": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_put_off": _l("What a person in the case said about meeting is recorded"),
    "circle.guardian_answered": _l("What a person in the case said about meeting is recorded"),
    "circle.consent_reopened": _l("A person in the case needs to be asked again"),
    "circle.guardian_tried": _l("A guardian of a person in the case was not reached"),
    "circle.first_contact": _l("First contact with a person in the case"),
    "circle.letter_read": _l("Letter about taking part read with a person in the case"),
    "circle.plan_needed": _l("A safety plan is needed for a person in the case"),
    "circle.plan_not_needed": _l("No safety plan is needed for a person in the case"),
    "circle.support_offered": _l("Support offered to a person in the case"),
    "circle.pre_met": _l("Pre-meeting held with a person in the case"),
    "circle.ready": _l("Whether a person in the case is ready to meet is recorded"),
    "circle.not_ready": _l("Whether a person in the case is ready to meet is recorded"),
    "circle.supporter_added": (_l("Supporter invited: %(relation)s"), {"relation": SupporterRelation.labels()}),
    "circle.supporter_ended": (
        _l("Invitation of a supporter withdrawn: %(relation)s"),
        {"relation": SupporterRelation.labels()},
    ),
    "circle.screened": (_l("Safety screen: %(answer)s"), {"answer": ScreenAnswer.labels()}),
    "circle.setting_changed": _l("The school's setting for circles changed"),
    "circle.hold_lifted": _l("Hold %(rule)s lifted with a reason"),
    "circle.planned": _l("Meeting scheduled"),
    "circle.moved": _l("Meeting rescheduled"),
    "circle.no_school": (
        _l("There is no school on %(day)s, the day of the meeting (%(label)s). It needs a new day"),
        NO_LABEL,
    ),
    "circle.held": _l("Meeting held; %(came)s of %(invited)s came"),
    "circle.not_held": (_l("Meeting not held: %(reason)s"), {"reason": NotHeld.labels()}),
    "agreement.made": _l("Agreement made; terms: %(terms)s"),
    "agreement.term_corrected": (
        _l("Term %(position)s of the agreement corrected: %(was)s → %(state)s"),
        {"state": TermState.labels(), "was": TermState.labels()},
    ),
    "agreement.term_marked": (_l("Term %(position)s of the agreement: %(state)s"), {"state": TermState.labels()}),
}
