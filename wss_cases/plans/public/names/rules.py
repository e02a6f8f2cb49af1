"""Which people a text names by their whole name. Pure."""

from collections.abc import Iterable
from itertools import pairwise

from wss_cases.roster.names.spellings import pieces_of


def whole_names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return those of these names that stand in a text as a whole, first or last name first, in capitals or not.

    For many people: of thousands, nearly every word would be somebody's first name or family name alone.
    """
    words = pieces_of(text)
    known, pairs, line = set(words), set(pairwise(words)), f" {' '.join(words)} "
    found = []
    for name in names:
        pieces = pieces_of(name)
        if len(pieces) < 2 or pieces[0] not in known:
            continue
        ends = (pieces[0], pieces[-1])
        if ends in pairs or ends[::-1] in pairs or f" {' '.join(pieces)} " in line:
            found.append(name)
    return found
