"""Finds children's names in a text (every spelling, short names, initials and numbers), and words that reveal a
student's orientation, gender identity, relationship or the basis of a bias to the family. Pure.

Names are compared letter by letter, whatever stands between: O'Brien is found in OBRIEN, O Brien and o’brien’s. No call
or letter says what only the student may tell, unless the student agrees: the home may not be safe.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Final

from wss_cases.roster.names.spellings import (
    SENTENCE_WORDS,
    SMALL_WORDS,
    Forms,
    Kind,
    Named,
    bare,
    common_words,
    forms_of,
    in_latin,
    letters_of,
    pieces_of,
    without_zeros,
)

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


MOST_MIDDLE: Final = 2
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
    if len(between) > MOST_MIDDLE or any(_ends_sentence(text, one, after) for one, after in pairwise(run)):
        return False
    if all(_begins_large(one.typed) for one in ends):
        return all(_begins_large(one.typed) for one in between)
    # in lower case: words that are not also names, and nothing that joins two people or begins a clause
    return not any(one.folded in common_words() for one in ends) and not any(
        one.folded in SENTENCE_WORDS for one in run
    )


def _ends_sentence(text: str, one: Word, after: Word) -> bool:
    """Whether a period ends a sentence between two words (not an initial and its name), or another sign separates
    them that no name has."""
    between = text[one.end : after.start]
    return not _ONE_NAME.fullmatch(between) or ("." in between and len(one.folded) > 1)


MOST_WORDS = 12
FUZZY_FROM = 5
"""Letters from which a name is found with one letter wrong, missing, added or swapped."""
MOST_BETWEEN = 5
"""Characters that may stand between two pieces of one name, a run of spaces counting as one."""
_MARKS = frozenset({"", "-", "\u2010", "\u2011", "\u2013", "'", "\u2019", "\u02bb", "\u02bc", "`", "\u00b4", "_", "/"})


@dataclass(frozen=True)
class Found:
    """A place in a text that identifies another child: where, the text, and who it may be.

    `near`: a child involved in the incident, or in their or this family; otherwise someone else at the school.
    `shared`: it is also the student's own name.
    """

    start: int
    end: int
    words: str
    kind: Kind
    who: frozenset[str]
    near: bool
    shared: bool


@dataclass(frozen=True)
class _Index:
    exact: dict[str, dict[Kind, set[str]]]
    blurred: dict[str, set[str]]

    def kinds(self, letters: str) -> dict[Kind, set[str]]:
        return self.exact.get(letters, {})

    def of(self, letters: str) -> dict[Kind, set[str]]:
        return self.kinds(letters) or self.kinds(without_zeros(letters)) or self.kinds(in_latin(letters))


class Finder:
    """Looks for some children in any number of texts; `own` is the student whose family reads them."""

    def __init__(self, own: Named, near: Iterable[Named], school: Iterable[Named] = ()) -> None:
        self._own = forms_of(own, with_nicknames=True)
        self._near = _index((child, forms_of(child, with_nicknames=True)) for child in near)
        here = list(school)
        self._whole = [" ".join(name).strip() for child in here for name in product(child.given, child.family or ("",))]
        self._school = _index(((child, forms_of(child)) for child in here), blur=False)
        forms = [*self._own.full, *self._near.exact, *self._school.exact]
        self._longest = max(map(len, forms), default=0) + 1

    def find(self, text: str) -> list[Found]:
        """The places to check, in order; they do not overlap."""
        return [replace(one, words=text[one.start : one.end]) for one in self._places(bare(text))]

    def sure(self, text: str) -> list[Found]:
        """The places that certainly name an involved child in a text that goes out as written, in order.

        Initials are too uncertain to refuse a text. A word that is also a name (Will, Rosa) names someone when it has a
        capital letter; a small word like "de la" only beside another of their names.
        """
        return [one for one in self.find(text) if one.near and one.kind is not Kind.INITIALS and _names(text, one)]

    def names_in(self, text: str) -> list[str]:
        """The words, each once, for which a text that goes out as written is refused."""
        return list(dict.fromkeys(one.words for one in self.sure(text)))

    def of_school(self, text: str) -> list[str]:
        """The words that name a student of the school in a text that may name none, whatever their capitals.

        A word that is also a name (May, Rose), or a very short one (An, My), names no one by itself; May Ann Rose does,
        with or without a recorded middle name. A whole name is only found in one place.
        """
        places = (one for one in self.find(text.title()) if one.kind in _CERTAIN or _names_alone(one.words, text))
        found = list(dict.fromkeys(one.words for one in places))
        pieces = [frozenset(pieces_of(words)) for words in found]
        whole = dict.fromkeys(whole_names_in(text, self._whole))
        return [*found, *(name for name in whole if not any(words.issuperset(pieces_of(name)) for words in pieces))]

    def without(self, text: str, instead: str) -> str:
        """A text with `instead` in place of every word that certainly names an involved child."""
        for one in reversed(self.sure(text)):
            text = f"{text[: one.start]}{instead}{text[one.end :]}"
        return text

    def _places(self, text: str) -> list[Found]:
        words = list(words_of(text))
        runs = list(_runs(text, words, self._longest))
        own_spans = [(run[0], run[1]) for run in runs if run[2] in self._own.full]
        places = [one for run in runs for one in self._judge(text, *run)]
        places = [one for one in places if one.kind in _CERTAIN or not _inside(one, own_spans)]
        return [_with_its_dot(text, one) for one in _merged(text, places)]

    def _judge(self, text: str, start: int, end: int, letters: str, words: list[Word]) -> Iterator[Found]:
        shared = letters in self._own.single
        typed = text[start:end]
        for kind, who in self._kinds(letters, words, text).items():
            if (kind is not Kind.INITIALS or _as_initials(typed, words, text)) and (
                kind is not Kind.BEGINNING or _begins_large(typed)
            ):
                yield Found(start, end, typed, kind, frozenset(who), near=True, shared=shared)
        for kind, who in self._school.of(letters).items():
            if kind in (Kind.NUMBER, Kind.FULL) or (
                kind is Kind.NAME and not shared and _begins_large(typed) and len(letters) > 1
            ):
                yield Found(start, end, typed, kind, frozenset(who), near=False, shared=shared)

    def _kinds(self, letters: str, words: list[Word], text: str) -> dict[Kind, set[str]]:
        kinds = dict(self._near.of(letters))
        if letters.endswith("s") and len(letters) > 2 and len(words[-1].folded) > 1:
            for kind, who in self._near.kinds(letters[:-1]).items():
                kinds.setdefault(kind, who)
        if not kinds and _one_writing(text, words):
            who = self._misspelt(letters)
            if who:
                kinds[Kind.MISSPELT] = who
        return kinds if kinds or letters.isascii() else self._kinds(in_latin(letters), words, text)

    def _misspelt(self, letters: str) -> set[str]:
        if not FUZZY_FROM - 1 <= len(letters) <= self._longest:
            return set()
        who: set[str] = set()
        for key in (letters, *_shorter(letters)):
            for form in self._near.blurred.get(key, ()):
                if _one_apart(form, letters):
                    who |= {name for names in self._near.kinds(form).values() for name in names}
        return who


_CERTAIN = (Kind.NUMBER, Kind.FULL)
_ORDER = list(Kind)


def _index(children: Iterable[tuple[Named, Forms]], *, blur: bool = True) -> _Index:
    exact: dict[str, dict[Kind, set[str]]] = {}
    blurred: dict[str, set[str]] = {}
    for child, forms in children:
        for kind, letters in forms.all():
            exact.setdefault(letters, {}).setdefault(kind, set()).add(child.label)
            if blur and kind in (Kind.NAME, Kind.NICKNAME, Kind.FULL) and len(letters) >= FUZZY_FROM:
                for key in (letters, *_shorter(letters)):
                    blurred.setdefault(key, set()).add(letters)
    return _Index(exact, blurred)


def _runs(text: str, words: list[Word], longest: int) -> Iterator[tuple[int, int, str, list[Word]]]:
    """Every run of neighboring words that can be one name: start, end, letters and words."""
    for first, word in enumerate(words):
        letters, run = word.folded, [word]
        yield word.start, word.end, letters, run
        for other in words[first + 1 : first + MOST_WORDS]:
            letters += other.folded
            if not _close(text[run[-1].end : other.start]) or len(letters) > longest:
                break
            run = [*run, other]
            yield word.start, other.end, letters, run


def _close(between: str) -> bool:
    shown = "".join(" " if c.isspace() else c for c in between if unicodedata.category(c) != "Cf")
    return len(" ".join(shown.split(" ")).replace("  ", " ")) <= MOST_BETWEEN or not shown.strip()


def _one_writing(text: str, words: list[Word]) -> bool:
    """Whether words stand together as one name, so that misspellings are searched across them."""
    if len(words) > 1 and words[-1].folded == "s":
        return False
    between = [text[one.end : other.start] for one, other in pairwise(words)]
    if all(part.strip() in _MARKS and not any(c.isspace() for c in part) for part in between):
        return True
    return all(part.strip() in _MARKS for part in between) and all(len(word.folded) > 1 for word in words)


def _side_by_side(text: str, last: Found, one: Found) -> bool:
    """Whether two pieces of a child's name belong together: Lopez, Maria or M. Lopez, and no new sentence."""
    between = text[last.end : one.start]
    if not _close(between):
        return False
    initial = last.end - last.start == 1 or not text[last.end - 2].isalnum()
    return between.strip() in {*_MARKS, ","} or (between.strip() == "." and initial)


def _as_initials(typed: str, words: list[Word], text: str) -> bool:
    """Whether letters stand as initials do: J.R., JR, J. R., J R, j.r.; a single one only as J."""
    if len(words) == 1 and len(words[0].folded) == 1:
        return words[0].typed.isupper() and text[words[0].end : words[0].end + 1] == "."
    if any(len(word.folded) == 1 for word in words[:-1]) and "." in typed:
        return True
    large = typed[:-1] if typed.endswith("s") else typed
    return not any(c.islower() for c in large)


def _names(text: str, one: Found) -> bool:
    """Whether a place names a child with no one checking it before it goes out."""
    if one.kind in _CERTAIN:
        return True
    words = bare(one.words)
    if one.shared or set(pieces_of(words)) <= SMALL_WORDS:
        return False
    if one.kind is Kind.MISSPELT and words.isascii():
        return _begins_large(words) and not _begins_sentence(text, one.start)
    return _begins_large(words) or letters_of(words) not in common_words()


def _names_alone(words: str, text: str) -> bool:
    """Whether a first or last name alone names someone in this text."""
    letters = letters_of(words)
    return letters not in common_words() and len(letters) > (2 if words in text else 3)


def _begins_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"'“”‘’«»¿¡(")
    return not before or before[-1] in ".!?:\n"


def _begins_large(typed: str) -> bool:
    return not typed[0].islower()


def _inside(one: Found, spans: list[tuple[int, int]]) -> bool:
    return any(start <= one.start and one.end <= end for start, end in spans)


def _shorter(letters: str) -> set[str]:
    return {letters[:at] + letters[at + 1 :] for at in range(len(letters))}


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter is wrong, missing or added, or two neighbors are swapped."""
    if len(one) == len(other):
        differ = [at for at in range(len(one)) if one[at] != other[at]]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1
        return len(differ) == 1 or (
            swapped and one[differ[0]] == other[differ[1]] and one[differ[1]] == other[differ[0]]
        )
    short, long = sorted((one, other), key=len)
    return len(long) == len(short) + 1 and short in _shorter(long)


def _merged(text: str, places: list[Found]) -> list[Found]:
    """Join overlapping places, and adjacent pieces of one child's name."""
    done: list[Found] = []
    for one in sorted(places, key=lambda each: (each.start, -each.end)):
        last = done[-1] if done else None
        overlaps = last is not None and one.start < last.end
        if last is not None and (overlaps or (last.who & one.who and _side_by_side(text, last, one))):
            end = max(last.end, one.end)
            kind = min(last.kind, one.kind, key=_ORDER.index)
            if not overlaps and kind not in _CERTAIN:
                kind = Kind.FULL
            near, shared = last.near or one.near, last.shared and one.shared
            done[-1] = Found(last.start, end, text[last.start : end], kind, _who(last, one), near, shared)
        else:
            done.append(one)
    return done


def _with_its_dot(text: str, one: Found) -> Found:
    """Include the period that ends J.R. inside a sentence."""
    rest = text[one.end :]
    dotted = one.kind is Kind.INITIALS or one.words[-2:-1] in (" ", ".")
    if dotted and rest[:1] == "." and rest[1:].lstrip()[:1].islower():
        return replace(one, end=one.end + 1, words=f"{one.words}.")
    return one


def _who(last: Found, one: Found) -> frozenset[str]:
    # an involved child is likelier than someone else at the school
    if last.near != one.near:
        return last.who if last.near else one.who
    return last.who | one.who
