"""Pure rules of the index: which words a text has, and how they stand in it."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from wss_cases.foundation.ids import fold

LONGEST_WORD, LONGEST_TEXT, MOST_WORDS = 40, 50_000, 4_000
"""Letters of a word and of a text, and different words of a record, that are held: what is longer is cut."""


def words_of(texts: Iterable[str], school_id: int) -> str:
    """Return the words by which a record is found: folded, each once, each behind the number of its school.

    So the words of one school stand side by side in the index, and a search reads those of no other.
    """
    words = dict.fromkeys(word for text in texts for word in _words(text[:LONGEST_TEXT]))
    return " ".join(behind_school(word, school_id) for word in islice(words, MOST_WORDS))


def behind_school(word: str, school_id: int) -> str:
    """Return a folded word as it stands in the index: letters and digits alone, so no operator of a query."""
    return f"{school_id}z{word[:LONGEST_WORD]}"


def asked_by(words: Sequence[str], school_ids: Iterable[int]) -> list[list[str]]:
    """Return for each school the beginnings that must all be there."""
    return [[behind_school(word, school_id) for word in words] for school_id in sorted(school_ids)]


def _words(text: str) -> Iterator[str]:
    """Yield the folded words of a text, and those that a sign without a space keeps together."""
    yield from fold(text).split()
    apart = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    if apart.split() != text.split():
        yield from fold(apart).split()
