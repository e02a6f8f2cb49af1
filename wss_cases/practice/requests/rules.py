"""Pure decisions about requests: whose they are, words of danger, and how many a link takes in an hour."""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.ids import fold

HOUR: Final = timedelta(hours=1)
MOST_IN_AN_HOUR: Final = 20
"""Requests that one link takes in an hour; those that tell of danger are counted by themselves, so that no flood of
others keeps them out."""

_DANGER: Final = re.compile(
    r"\b(not safe|unsafe|scared to|suicid\w*|kill\w*|want to die|wanna die|end my life|hurt(s|ing)? (me|my\w*|him|her)"
    r"|cut(s|ting)? my\w*|self harm\w*|hit(s|ting)? me|beat(s|ing)? me|touch(es|ed|ing)? me|abus\w+|rap(e|ed|ing)"
    r"|guns?|knife|knives|weapons?|shoot\w*|stab\w*|bombs?|threat\w*|run(ning)? away"
    r"|no estoy a salvo|no me siento segur[ao]|matar\w*|me quiero morir|quiero morir\w*|no quiero vivir|hacerme dano"
    r"|me (pega\w*|golpea\w*|lastima\w*|toca\w*|corto|amenaza\w*)|abus\w+|viol(o|aron|acion|ar\w*)|armas?|pistolas?"
    r"|cuchillos?|navajas?|disparar\w*|bombas?|amenaza\w*|miedo de volver)\b"
)


def in_danger(words: str) -> bool:
    """Whether words tell of danger, in English or Spanish; one time too many is better than one too few."""
    return _DANGER.search(fold(words)) is not None


def reads_request(actor: Actor, request: Any) -> bool:
    """Coordinators and administrators of the school; its deans too where somebody is in danger."""
    own = actor.covers(request.school_id, Role.COORDINATOR, Role.ADMINISTRATOR)
    return own or (request.in_danger and actor.covers(request.school_id, Role.DEAN))


def hour_of(began: datetime | None, now: datetime) -> datetime:
    """Return when the hour began in which a link is asked: the one that runs, or a new one."""
    return began if began is not None and now - began < HOUR else now
