"""Kinds of removal, what adults can have offered before one, answers about a disability, appeals, and their words."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class DisciplineKind(Labelled):
    """Removals that are counted."""

    IN_SCHOOL_SUSPENSION = "in_school_suspension", _l("In-school suspension")
    OUT_OF_SCHOOL_SUSPENSION = "out_of_school_suspension", _l("Out-of-school suspension")
    EXPULSION = "expulsion", _l("Expulsion")
    ALTERNATIVE_PLACEMENT = "alternative_placement", _l("Alternative placement")
    SENT_HOME = "sent_home", _l("Sent home")
    EARLY_PICK_UP = "early_pick_up", _l("Early pick-up at the school's request")
    BUS_REMOVAL = "bus_removal", _l("Removed from the school bus")


WITHOUT_END: Final = frozenset({DisciplineKind.EXPULSION, DisciplineKind.ALTERNATIVE_PLACEMENT})
"""Removals whose last day is not known from their length."""


class Tried(Labelled):
    """What adults can have offered before: the other interventions of an over-3-days packet."""

    CONVERSATION = "conversation", _l("Restorative conversation")
    CIRCLE = "circle", _l("Circle or conference")
    MENTORING = "mentoring", _l("Mentoring")
    REFERRAL = "referral", _l("Referral for support")
    CHECK_IN = "check_in", _l("Check-in by an adult")


class Answer(Labelled):
    """What a person answers who may not know."""

    YES = "yes", _l("Yes")
    NO = "no", _l("No")
    NOT_KNOWN = "not_known", _l("Not known")


class ActionState(Labelled):
    """A removal stands, or was reversed and counts no more."""

    STANDING = "standing", _l("In effect")
    REVERSED = "reversed", _l("Reversed")


class ChangeCause(Labelled):
    """Why a removal has a newer version."""

    CORRECTION = "correction", _l("Corrected")
    APPEAL = "appeal", _l("Changed by an appeal")


class AskedBy(Labelled):
    """Who asks for an appeal."""

    GUARDIAN = "guardian", _l("A guardian")
    STUDENT = "student", _l("The student")
    SOMEBODY_ELSE = "somebody_else", _l("Someone on their behalf")


class AppealOutcome(Labelled):
    """How an appeal is decided."""

    UPHELD = "upheld", _l("Upheld")
    SHORTENED = "shortened", _l("Shortened")
    REVERSED = "reversed", _l("Reversed")


SENTENCES: Final = {
    "discipline.recorded": (
        _l("Discipline action recorded: %(what)s, %(days)s days"),
        {"what": DisciplineKind.labels()},
    ),
    "discipline.day_ten": _l("The removals of a student with a disability reached day %(days)s; review by %(by)s"),
    "discipline.corrected": _l("Discipline action corrected"),
    "discipline.heard": _l("Student heard after the removal"),
    "discipline.may_tell": _l("Agreement recorded: the notice may say what only a student can share at home"),
    "discipline.reversed": _l("Discipline action reversed"),
    "appeal.asked": (_l("Appeal asked for by: %(by)s"), {"by": AskedBy.labels()}),
    "appeal.decided": (_l("Appeal decided: %(outcome)s"), {"outcome": AppealOutcome.labels()}),
}

ADMINISTRATOR_DECIDES: Final = _l(
    "More than 3 days, an expulsion or an alternative placement is decided by the school’s administrator."
)
