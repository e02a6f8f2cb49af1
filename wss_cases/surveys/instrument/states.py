"""Who is asked in the climate survey, by which way, and on which scales. Choices only: no one writes words."""

import enum
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class SurveyGroup(Labelled):
    """Who answers."""

    STUDENT = "student", _l("Students")
    FAMILY = "family", _l("Families")
    STAFF = "staff", _l("Staff")


class Way(Labelled):
    """How an answer came: by an invited link, which takes one, or by the code on the wall, which anyone may scan."""

    INVITED = "invited", _l("Invited")
    OPEN = "open", _l("Open code")


class SurveyScale(enum.StrEnum):
    """How a question is answered."""

    AGREE = "agree"
    YES_NO = "yes_no"


VALUES: Final[dict[SurveyScale, tuple[int, ...]]] = {SurveyScale.AGREE: (4, 3, 2, 1), SurveyScale.YES_NO: (2, 1)}
"""The values of a scale in the order in which they are shown."""

FAVORABLE: Final[dict[SurveyScale, frozenset[int]]] = {
    SurveyScale.AGREE: frozenset({3, 4}),
    SurveyScale.YES_NO: frozenset({2}),
}
"""The values that count as yes."""

SAFE, ADULT, CIRCLE = "safe", "adult", "circle"
"""Codes of the questions that stand beside incidents: feels safe, trusts an adult, was in a circle this year."""
