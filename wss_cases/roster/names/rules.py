"""Words that reveal a student's orientation, gender identity, relationship or the basis of a bias to the family.

No call or letter says any of it unless the student agrees: the home may not be safe.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wss_cases.roster.names.spellings import SENTENCE_WORDS, SMALL_WORDS, common_words, letters_of, pieces_of

_STEMS = (
    r"gays?", r"lesbian\w*", r"bisexual\w*", r"homosexual\w*", r"queer", r"lgbt\w*", r"trans", r"transg[eé]n\w*",
    r"non-?binary", r"no binari\w+", r"sexual orientation", r"orientaci[oó]n sexual", r"gender identity",
    r"identidad de g[eé]nero", r"pronouns?", r"girlfriends?", r"boyfriends?", r"dating", r"novi[oa]s?",
    r"\w*phobi[ac]\w*", r"\w+fobia", r"\w+f[oó]bic[oa]s?", r"racis\w+", r"racial\w*", r"anti-?semit\w*",
)  # fmt: skip
_PRIVATE = re.compile(rf"\b(?:{'|'.join(_STEMS)})\b", re.IGNORECASE)


def private_in(text: str, agreed: Collection[str] = ()) -> list[str]:
    """The words in a text that only the student may tell the family, each once, as written.

    The words in `agreed`, in lower case, have the student's consent.
    """
    return [word for word in dict.fromkeys(_PRIVATE.findall(text)) if word.casefold() not in agreed]


@dataclass(frozen=True)
class Word:
    """A run of letters or digits in a text, and its folded letters."""

    start: int
    end: int
    folded: str
    typed: str


def words_of(text: str) -> Iterator[Word]:
    """The runs of letters and of digits in a text; each letter of scripts that write without spaces."""
    start, group = 0, ""
    for place, character in enumerate(f"{text} "):
        kind = _group(character, group)
        if group and (kind != group or group == "single"):
            typed = text[start:place]
            folded = letters_of(typed)
            if folded:
                yield Word(start, place, folded, typed)
            group = ""
        if kind and not group:
            start, group = place, kind


def _group(character: str, before: str) -> str:
    """A character's group: letters, digits, a script without spaces, or '' for none."""
    category = unicodedata.category(character)
    if category[0] == "M":
        return "letters" if before == "letters" else before.replace("single", "")
    if category == "Nd":
        return "digits"
    if category[0] != "L" or "\u02b0" <= character <= "\u02ff":
        return ""
    spaceless = "\u0e00" <= character <= "\u0eff" or "\u1000" <= character <= "\u109f"
    spaceless = spaceless or "\u1780" <= character <= "\u17ff" or "\u3040" <= character <= "\u9fff"
    return "single" if spaceless or (character >= "\uf900" and character <= "\ufaff") else "letters"


MOST_BETWEEN: Final = 2
"""Middle names that may stand between a first and a last name, beside small words such as "de la"."""
WIDEST: Final = 5
_WITHIN: Final = SMALL_WORDS - {"y", "e"}
"""What a last name may begin with; not what joins two people."""
_ONE_NAME = re.compile(r"[\s.\-\u2010\u2011'\u2019]*")


def whole_names_in(text: str, names: Iterable[str]) -> list[str]:
    """The names that stand in a text as a whole, first or last name first, whatever their capitals, also with
    unrecorded middle names.

    For many people: among thousands, nearly every word is someone's first or last name.
    """
    words = pieces_of(text)
    known, line = set(words), f" {' '.join(words)} "
    side_by_side = set(pairwise(words))
    pairs = side_by_side | set(_apart(text))
    matches = []
    for name in names:
        pieces = pieces_of(name)
        if len(pieces) < 2 or pieces[0] not in known:
            continue
        ends = (pieces[0], pieces[-1])
        if ends in pairs or ends[::-1] in side_by_side or f" {' '.join(pieces)} " in line:
            matches.append(name)
    return matches


def _apart(text: str) -> Iterator[tuple[str, str]]:
    """The first and last word of each run of words that can be one name with middle names."""
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
    # in lower case: words that are not also names, and nothing that joins two people or begins a clause
    return not any(one.folded in common_words() for one in ends) and not any(
        one.folded in SENTENCE_WORDS for one in run
    )


def _ends_sentence(text: str, one: Word, after: Word) -> bool:
    """Whether a period ends a sentence between two words (not an initial and its name), or another sign separates
    them that no name has."""
    between = text[one.end : after.start]
    return not _ONE_NAME.fullmatch(between) or ("." in between and len(one.folded) > 1)


def _is_large(one: Word) -> bool:
    return not one.typed[0].islower()
