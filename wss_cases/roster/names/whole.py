"""Which people a text names by their whole name. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from wss_cases.roster.names.spellings import SENTENCE_WORDS, SMALL_WORDS, common_words, pieces_of
from wss_cases.roster.names.words import Word, words_of

MOST_BETWEEN: Final = 2
"""Middle names that may stand between a first and a last name, beside small words such as "de la"."""
WIDEST: Final = 5
_WITHIN: Final = SMALL_WORDS - {"y", "e"}
"""What a last name may begin with; not what joins two people."""
_ONE_NAME = re.compile(r"[\s.\-\u2010\u2011'\u2019]*")


def whole_names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return those of these names that stand in a text as a whole, first or last name first, in capitals or not, also
    with middle names between that are not on record.

    For many people: of thousands, nearly every word would be somebody's first name or family name alone.
    """
    words = pieces_of(text)
    known, line = set(words), f" {' '.join(words)} "
    side_by_side = set(pairwise(words))
    pairs = side_by_side | set(_apart(text))
    found = []
    for name in names:
        pieces = pieces_of(name)
        if len(pieces) < 2 or pieces[0] not in known:
            continue
        ends = (pieces[0], pieces[-1])
        if ends in pairs or ends[::-1] in side_by_side or f" {' '.join(pieces)} " in line:
            found.append(name)
    return found


def _apart(text: str) -> Iterator[tuple[str, str]]:
    """Return the first and the last word of each run of words that can be one name with middle names."""
    words = list(words_of(text))
    for first in range(len(words)):
        for last in range(first + 2, min(first + 2 + WIDEST, len(words))):
            if not _ONE_NAME.fullmatch(text[words[last - 1].end : words[last].start]):
                break
            if _is_one_name(text, words[first : last + 1]):
                yield words[first].folded, words[last].folded


def _is_one_name(text: str, run: Sequence[Word]) -> bool:
    ends, between = (run[0], run[-1]), [one for one in run[1:-1] if one.folded not in _WITHIN]
    if len(between) > MOST_BETWEEN or any(_ends_sentence(text, one, after) for one, after in pairwise(run)):
        return False
    if all(_is_large(one) for one in ends):
        return all(_is_large(one) for one in between)
    # in small letters: no word that is a name too, and nothing that joins two people or begins a clause
    return not any(one.folded in common_words() for one in ends) and not any(
        one.folded in SENTENCE_WORDS for one in run
    )


def _ends_sentence(text: str, one: Word, after: Word) -> bool:
    """Whether a dot parts two words that are no initial and its name, or something parts them that no name has."""
    between = text[one.end : after.start]
    return not _ONE_NAME.fullmatch(between) or ("." in between and len(one.folded) > 1)


def _is_large(one: Word) -> bool:
    return not one.typed[0].islower()
