"""What somebody asks for, who asks, and what became of it."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled
from wss_cases.practice.log.states import PracticeKind


class Wish(Labelled):
    """What is asked for."""

    GROUP = "group", _l("A circle with my class or group")
    AFTER = "after", _l("A circle after something that happened")
    TALK = "talk", _l("To talk with someone I had trouble with")
    LISTEN = "listen", _l("Someone who listens to me")
    FAMILY = "family", _l("A circle with my family")
    STAFF = "staff", _l("A circle for staff")
    UNSURE = "unsure", _l("I am not sure yet")


class Asker(Labelled):
    """Who asks."""

    STUDENT = "student", _l("A student")
    FAMILY = "family", _l("A family")
    STAFF = "staff", _l("Someone who works at the school")


class Became(Labelled):
    """What a request became."""

    CIRCLE = "circle", _l("A circle, which is in the log")
    TALK = "talk", _l("A conversation with anyone who wanted one")
    ANSWER = "answer", _l("A kind answer")
    NOTHING = "nothing", _l("Nothing: no one could be reached, or nothing was requested")


KIND_OF_WISH: Final = {
    Wish.TALK: PracticeKind.CHAT,
    Wish.LISTEN: PracticeKind.CHECK_IN,
    Wish.FAMILY: PracticeKind.FAMILY,
    Wish.STAFF: PracticeKind.STAFF,
}
"""What the log begins with; a community circle for every other wish."""

SENTENCES: dict[str, Any] = {
    "circle_request.link_made": _l("New link for requests made"),
    "circle_request.asked": _l("Asked for"),
    "circle_request.answered": (_l("Result: %(became)s"), {"became": Became.labels()}),
}
