"""The two shapes of a requirement, how somebody stands to one, and what timelines say."""

from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Shape(Labelled):
    """What a requirement asks: of each person with a role, or of each school."""

    EVERY_PERSON = "every_person", _l("Everyone in a role, every so many months")
    SCHOOL_MINIMUM = "school_minimum", _l("At least so many trained people at each school")


class Standing(Labelled):
    """How somebody stands to a requirement of every person, the most pressing first."""

    NONE = "none", _l("No training on record")
    OVERDUE = "overdue", _l("Overdue")
    DUE = "due", _l("Due within 60 days")
    VALID = "valid", _l("Up to date")


SENTENCES: Final = {
    "training_requirement.added": _l("Training requirement added: %(topic)s"),
    "training_requirement.ended": _l("Training requirement ends on %(day)s"),
}
