"""What adults can have offered before a removal, answers about a disability, appeals, restraint, and their words."""

import enum
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l


class DisciplineKind(enum.StrEnum):
    """Removals that are counted."""

    IN_SCHOOL_SUSPENSION = "in_school_suspension"
    OUT_OF_SCHOOL_SUSPENSION = "out_of_school_suspension"
    EXPULSION = "expulsion"
    ALTERNATIVE_PLACEMENT = "alternative_placement"
    SENT_HOME = "sent_home"
    EARLY_PICK_UP = "early_pick_up"
    BUS_REMOVAL = "bus_removal"


WITHOUT_END: Final = frozenset({DisciplineKind.EXPULSION, DisciplineKind.ALTERNATIVE_PLACEMENT})
"""Removals whose last day is not known from their length."""


DISCIPLINE_LABELS: Final = {
    DisciplineKind.IN_SCHOOL_SUSPENSION: _l("In-school suspension"),
    DisciplineKind.OUT_OF_SCHOOL_SUSPENSION: _l("Out-of-school suspension"),
    DisciplineKind.EXPULSION: _l("Expulsion"),
    DisciplineKind.ALTERNATIVE_PLACEMENT: _l("Alternative placement"),
    DisciplineKind.SENT_HOME: _l("Sent home"),
    DisciplineKind.EARLY_PICK_UP: _l("Early pick-up at the school's request"),
    DisciplineKind.BUS_REMOVAL: _l("Removed from the school bus"),
}


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


TRIED_LABELS: Final = {
    Tried.CONVERSATION: _l("Restorative conversation"),
    Tried.CIRCLE: _l("Circle or conference"),
    Tried.MENTORING: _l("Mentoring"),
    Tried.REFERRAL: _l("Referral for support"),
    Tried.CHECK_IN: _l("Check-in by an adult"),
}

ANSWER_LABELS: Final = {Answer.YES: _l("Yes"), Answer.NO: _l("No"), Answer.NOT_KNOWN: _l("Not known")}

ACTION_STATE_LABELS: Final = {ActionState.STANDING: _l("Stands"), ActionState.REVERSED: _l("Reversed")}

CAUSE_LABELS: Final = {ChangeCause.CORRECTION: _l("Corrected"), ChangeCause.APPEAL: _l("Changed by an appeal")}

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


SENTENCES: Final = {
    "discipline.recorded": (_l("Discipline action recorded: %(what)s, %(days)s days"), {"what": DISCIPLINE_LABELS}),
    "discipline.day_ten": _l("The removals of a student with a disability reached day %(days)s; review by %(by)s"),
    "discipline.corrected": _l("Discipline action corrected"),
    "discipline.reversed": _l("Discipline action reversed"),
    "appeal.asked": (_l("Appeal asked for by: %(by)s"), {"by": ASKED_BY_LABELS}),
    "appeal.decided": (_l("Appeal decided: %(outcome)s"), {"outcome": APPEAL_LABELS}),
}
