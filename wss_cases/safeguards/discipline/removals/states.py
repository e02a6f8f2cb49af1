"""What adults can have offered before a removal, answers about a disability, appeals, restraint, and their words."""

import enum
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l


class Tried(enum.StrEnum):
    """What adults can have offered before: the other interventions of an over-3-days packet."""

    CONVERSATION = "conversation"
    CIRCLE = "circle"
    MENTORING = "mentoring"
    REFERRAL = "referral"
    CHECK_IN = "check_in"


class Answer(enum.StrEnum):
    """What a person answers who may not know."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class ActionState(enum.StrEnum):
    """A removal stands, or was reversed and counts no more."""

    STANDING = "standing"
    REVERSED = "reversed"


class ChangeCause(enum.StrEnum):
    """Why a removal has a newer version."""

    CORRECTION = "correction"
    APPEAL = "appeal"


class AskedBy(enum.StrEnum):
    """Who asks for an appeal."""

    GUARDIAN = "guardian"
    STUDENT = "student"
    SOMEBODY_ELSE = "somebody_else"


class AppealOutcome(enum.StrEnum):
    """How an appeal is decided."""

    UPHELD = "upheld"
    SHORTENED = "shortened"
    REVERSED = "reversed"


class RestraintKind(enum.StrEnum):
    """Kinds of 23 Ill. Adm. Code 1.285; others are prohibited there."""

    TIME_OUT = "time_out"
    ISOLATED_TIME_OUT = "isolated_time_out"
    PHYSICAL_RESTRAINT = "physical_restraint"


TRIED_LABELS: Final = {
    Tried.CONVERSATION: _l("Restorative conversation"),
    Tried.CIRCLE: _l("Circle or conference"),
    Tried.MENTORING: _l("Mentoring"),
    Tried.REFERRAL: _l("Referral for support"),
    Tried.CHECK_IN: _l("Check-in by an adult"),
}

ANSWER_LABELS: Final = {
    Answer.YES: _l("Yes"),
    Answer.NO: _l("No"),
    Answer.NOT_KNOWN: _l("Not known"),
}

ACTION_STATE_LABELS: Final = {
    ActionState.STANDING: _l("Stands"),
    ActionState.REVERSED: _l("Reversed"),
}

CAUSE_LABELS: Final = {
    ChangeCause.CORRECTION: _l("Corrected"),
    ChangeCause.APPEAL: _l("Changed by an appeal"),
}

ASKED_BY_LABELS: Final = {
    AskedBy.GUARDIAN: _l("A guardian"),
    AskedBy.STUDENT: _l("The student"),
    AskedBy.SOMEBODY_ELSE: _l("Somebody on their behalf"),
}

APPEAL_LABELS: Final = {
    AppealOutcome.UPHELD: _l("Upheld"),
    AppealOutcome.SHORTENED: _l("Shortened"),
    AppealOutcome.REVERSED: _l("Reversed"),
}

RESTRAINT_LABELS: Final = {
    RestraintKind.TIME_OUT: _l("Time-out"),
    RestraintKind.ISOLATED_TIME_OUT: _l("Isolated time-out"),
    RestraintKind.PHYSICAL_RESTRAINT: _l("Physical restraint"),
}

SENTENCES: Final = {
    "discipline.day_ten": _l(
        "The removals of a student with a disability reached day %(days)s; review by %(by)s"
    ),
    "discipline.corrected": _l("Discipline action corrected"),
    "discipline.reversed": _l("Discipline action reversed"),
    "appeal.asked": (_l("Appeal asked for by: %(by)s"), {"by": ASKED_BY_LABELS}),
    "appeal.decided": (_l("Appeal decided: %(outcome)s"), {"outcome": APPEAL_LABELS}),
    "restraint.recorded": (_l("Restraint or time-out recorded: %(what)s"), {"what": RESTRAINT_LABELS}),
    "restraint.guardian_told": _l("The guardian was told of the restraint or time-out"),
    "restraint.reviewed": _l("The restraint or time-out was reviewed"),
}
