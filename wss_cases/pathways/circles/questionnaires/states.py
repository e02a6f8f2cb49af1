"""Who answers a questionnaire, and when it is asked."""

import enum
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l


class Answerer(enum.StrEnum):
    """In which part somebody answers."""

    HARMED = "harmed"
    CAUSED_HARM = "caused_harm"
    SUPPORTER = "supporter"
    KEEPER = "keeper"


class Occasion(enum.StrEnum):
    """When it is asked."""

    AFTER_MEETING = "after_meeting"
    LAST_CHECK_IN = "last_check_in"


ANSWERER_LABELS = {
    Answerer.HARMED: _l("Person harmed"),
    Answerer.CAUSED_HARM: _l("Person who caused harm"),
    Answerer.SUPPORTER: _l("Support person"),
    Answerer.KEEPER: _l("Circle keeper"),
}

OCCASION_LABELS = {
    Occasion.AFTER_MEETING: _l("After the meeting"),
    Occasion.LAST_CHECK_IN: _l("At the last check-in"),
}

SENTENCES: dict[str, Any] = {}
