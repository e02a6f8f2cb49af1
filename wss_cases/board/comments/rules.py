"""Whose comment a board report carries, and how a family name can stand in it. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from wss_cases.access.actor import Actor, Role

LONGEST: Final = 1200
"""Characters: about a third of a sheet."""
MOST_PIECES: Final = 5
"""Of a family name: de la Cruz y Ruiz."""
_MARKS = "['\u2018\u2019\u02bb\u02bc`\u00b4]"
_POSSESSIVE = re.compile(rf"{_MARKS}[sS]\b")


def writes_comment(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor, who answers for the report, may comment on it: on a school's its administrators alone, on a
    network's and the district's whoever answers for it."""
    return actor.user_id is not None and (school_id is None or actor.covers(school_id, Role.ADMINISTRATOR))


def together(text: str) -> str:
    """Return a text with what apostrophes part in one word, as names are folded, and without those of a possessive."""
    return re.sub(_MARKS, "", _POSSESSIVE.sub("", text))


def runs_of(words: Sequence[str]) -> set[str]:
    """Return every few words of a text that stand side by side."""
    most = range(1, MOST_PIECES + 1)
    return {" ".join(words[at : at + many]) for many in most for at in range(len(words) + 1 - many)}
