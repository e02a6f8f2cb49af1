"""Who answers a questionnaire, when it is asked, what is asked, and the life of its link."""

import enum
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class Answerer(Labelled):
    """In which part somebody answers."""

    HARMED = "harmed", _l("Person harmed")
    CAUSED_HARM = "caused_harm", _l("Person who caused harm")
    SUPPORTER = "supporter", _l("Support person")
    KEEPER = "keeper", _l("Circle keeper")


class Occasion(Labelled):
    """When it is asked."""

    AFTER_MEETING = "after_meeting", _l("After the meeting")
    LAST_CHECK_IN = "last_check_in", _l("At the last check-in")


class Scale(enum.StrEnum):
    """How a question is answered."""

    FIVE = "five"
    THREE = "three"


class LinkState(Labelled):
    """What became of a link."""

    OPEN = "open", _l("Waiting for the answer")
    ANSWERED = "answered", _l("Answered")
    EXPIRED = "expired", _l("Expired")
    REVOKED = "revoked", _l("Withdrawn")


@dataclass(frozen=True)
class Question:
    """One question: its name among those of its answerer, and its scale."""

    code: str
    scale: Scale


LINK_TRANSITIONS: Final[dict[LinkState, frozenset[LinkState]]] = {
    LinkState.OPEN: frozenset({LinkState.ANSWERED, LinkState.EXPIRED, LinkState.REVOKED}),
    LinkState.EXPIRED: frozenset({LinkState.OPEN, LinkState.REVOKED}),
    LinkState.ANSWERED: frozenset(),
    LinkState.REVOKED: frozenset(),
}
"""A link that ran out may be made anew; an answer is final, and so is taking a link back."""

VALUES: Final[dict[Scale, tuple[int, ...]]] = {Scale.FIVE: (1, 2, 3, 4, 5), Scale.THREE: (5, 3, 1)}
"""The values of a scale in the order in which they are shown; yes, partly, no stand on the same 1 to 5."""


def _asked(*pairs: tuple[str, Scale]) -> tuple[Question, ...]:
    return tuple(Question(code, scale) for code, scale in pairs)


_5, _3 = Scale.FIVE, Scale.THREE
_AFTER, _LAST = Occasion.AFTER_MEETING, Occasion.LAST_CHECK_IN
QUESTIONS: Final[dict[tuple[Answerer, Occasion], tuple[Question, ...]]] = {
    (Answerer.HARMED, _AFTER): _asked(("choice", _3), ("heard", _5), ("fair", _5), ("safer", _5), ("again", _3)),
    (Answerer.HARMED, _LAST): _asked(("kept", _3), ("better", _5), ("safer", _5), ("worth", _5), ("again", _3)),
    (Answerer.CAUSED_HARM, _AFTER): _asked(
        ("choice", _3), ("heard", _5), ("fair", _5), ("understand", _5), ("repair", _3), ("again", _3)
    ),
    (Answerer.CAUSED_HARM, _LAST): _asked(("kept", _3), ("helped", _5), ("belong", _5), ("worth", _5), ("again", _3)),
    (Answerer.SUPPORTER, _AFTER): _asked(("heard", _5), ("helped", _5), ("fair", _5), ("safe", _5), ("again", _3)),
    (Answerer.SUPPORTER, _LAST): _asked(("kept", _3), ("better", _5), ("worth", _5), ("again", _3)),
    (Answerer.KEEPER, _AFTER): _asked(("prepared", _5), ("spoke", _5), ("safe", _5), ("fits", _3), ("again", _3)),
    (Answerer.KEEPER, _LAST): _asked(("kept", _3), ("repaired", _5), ("helped", _5), ("worth", _5)),
}
"""What is asked of whom, and when; the words are family texts `question.<answerer>.<code>`."""


SENTENCES: dict[str, Any] = {
    "questionnaire.made": (_l("Questionnaire given out: %(occasion)s"), {"occasion": Occasion.labels()}),
    "questionnaire.renewed": _l("New link made for a questionnaire"),
    "questionnaire.revoked": _l("Questionnaire link withdrawn"),
    "questionnaire.answered": (_l("Questionnaire answered: %(occasion)s"), {"occasion": Occasion.labels()}),
}
