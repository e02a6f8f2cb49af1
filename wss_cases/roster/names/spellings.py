"""The spellings of one child's name: whole names, pieces, short names, initials, numbers. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from anyascii import anyascii

from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.ids import fold

BREAK = "\n\ue000\ue000\ue000\ue000\n"
"""What no name reaches across."""

_SMALL = (
    "de la las los del di da do dos das du le van von der den ter ten el al abd bin ibn bint ben y e st san"
    " jr sr ii iii iv mc mac ni nic o"
)
SMALL_WORDS = frozenset(_SMALL.split())
"""Pieces of family names that say nothing alone."""
CONNECTING = frozenset({"de", "del", "la", "las", "los", "y", "e"})
"""Pieces of given names that say nothing alone."""
_SENTENCES = (
    "the and but for not you can how her his she has had are our all any one two who why then they this that when what"
    " con por los las del una uno que sin son sus hay fue ser era"
)
SENTENCE_WORDS = frozenset(_SENTENCES.split())
"""Words that begin sentences: they are not taken for the beginning of Theodore or Losana."""
BEGINNINGS = (3, 4)
"""How many letters of a long given name people use as a short one."""


class Kind(Labelled):
    """The kind of a place in a text, the most certain first."""

    NUMBER = "number", _l("student number")
    FULL = "full", _l("full name")
    NAME = "name", _l("name")
    NICKNAME = "nickname", _l("short name")
    MISSPELT = "misspelt", _l("name with a small misspelling")
    BEGINNING = "beginning", _l("beginning of a name")
    INITIALS = "initials", _l("initials")
    BY_HAND = "by_hand", _l("matched by hand")


@dataclass(frozen=True)
class Named:
    """One person by every recorded name; `label` is the name that the page shows."""

    label: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forms:
    """The folded letters of everything that a person is called."""

    single: set[str] = field(default_factory=set)
    nicknames: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    initials: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def all(self) -> Iterator[tuple[Kind, str]]:
        yield from ((Kind.NAME, form) for form in self.single)
        yield from ((Kind.NICKNAME, form) for form in self.nicknames)
        yield from ((Kind.FULL, form) for form in self.full)
        yield from ((Kind.BEGINNING, form) for form in self.beginnings)
        yield from ((Kind.INITIALS, form) for form in self.initials)
        yield from ((Kind.NUMBER, form) for form in self.numbers)


def forms_of(who: Named, *, with_nicknames: bool = False) -> Forms:
    """How a person can be named; short names and initials only on request."""
    forms = _forms(who, with_nicknames)
    if not "".join((*who.given, *who.family)).isascii():
        latin = _forms(replace(who, given=_latin(who.given), family=_latin(who.family)), with_nicknames)
        for each in fields(Forms):
            getattr(forms, each.name).update(getattr(latin, each.name) - {""})
    return forms


def _latin(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(anyascii(name) for name in names)


def _forms(who: Named, with_nicknames: bool) -> Forms:
    given, family = _names(who.given, CONNECTING), _names(who.family, SMALL_WORDS)
    forms = Forms()
    forms.single.update(given | family)
    forms.numbers.update(_numbers(who.numbers))
    short = {each for name in given for each in nicknames(name)} - forms.single if with_nicknames else set()
    forms.nicknames.update(short)
    if with_nicknames:
        forms.beginnings.update(_beginnings(who.given) - forms.single - short)
    called = given | short
    forms.full.update(f"{a}{b}" for one in called for two in family for a, b in ((one, two), (two, one)))
    forms.full.difference_update(forms.single)
    if with_nicknames:
        forms.initials.update(_initials(who.given, who.family))
        ends = {name[0] for name in family}
        forms.full.update(f"{name}{letter}" for name in called for letter in ends)
        forms.full.update(f"{name[0]}{last}" for name in called for last in family)
        forms.full.difference_update(forms.single | forms.nicknames)
    return forms


def _names(names: Iterable[str], small: frozenset[str]) -> set[str]:
    """The letters of each name, and of each piece that is telling by itself."""
    spellings = set()
    for name in names:
        pieces = pieces_of(name)
        spellings.add("".join(pieces))
        spellings |= {piece for piece in pieces if len(piece) > 1 and piece not in small}
        # a name of several words is also used without its small ones, and by two neighboring ones
        distinctive = [piece for piece in pieces if piece not in small]
        spellings.add("".join(distinctive))
        spellings |= {f"{one}{two}" for one, two in pairwise(distinctive)}
    return spellings - {""}


def _beginnings(given: Iterable[str]) -> set[str]:
    long = [piece for name in given for piece in pieces_of(name) if len(piece) > max(BEGINNINGS)]
    return {piece[:letters] for piece in long for letters in BEGINNINGS} - SENTENCE_WORDS


def pieces_of(name: str) -> list[str]:
    """The folded words of a name, split at everything that is not a letter or digit."""
    apart = "".join(
        c if unicodedata.category(c)[0] in "LMN" and not "\u02b0" <= c <= "\u02ff" else " "
        for c in unicodedata.normalize("NFC", name)
    )
    return [folded for word in apart.split() if (folded := letters_of(word))]


def letters_of(word: str) -> str:
    """The letters of a word or name without case, accents and signs."""
    return fold(word).replace(" ", "")


def in_latin(letters: str) -> str:
    """The letters of a name in another script as they are written here."""
    return letters if letters.isascii() else letters_of(anyascii(letters))


def bare(text: str) -> str:
    """A text of the same length with plain letters in place of letters in circles, squares and flags."""
    return text if text.isascii() else "".join(map(_bare, text))


def _bare(character: str) -> str:
    plain = anyascii(character) if unicodedata.category(character) == "So" else ""
    return plain if len(plain) == 1 and plain.isalnum() else character


def without_zeros(letters: str) -> str:
    """A number without leading zeros: S-0041002 is also written 41002."""
    return _LEADING.sub("", letters)


_LEADING = re.compile(r"(?<!\d)0+(?=\d{4})")


def _initials(given: Iterable[str], family: Iterable[str]) -> set[str]:
    spellings = set()
    lasts = [pieces_of(name) for name in family]
    for name in given:
        firsts = pieces_of(name)
        if not firsts:
            continue
        spellings.add(firsts[0][0])
        if len(firsts) > 1:
            spellings.add("".join(piece[0] for piece in firsts))
        for last in lasts:
            distinctive = [piece for piece in last if piece not in SMALL_WORDS] or last
            every = "".join(piece[0] for piece in firsts)
            for ends in (last, distinctive, last[:1], distinctive[:1]):
                end = "".join(piece[0] for piece in ends)
                spellings |= {f"{firsts[0][0]}{end}", f"{every}{end}", f"{end}{firsts[0][0]}"}
    return spellings - {""}


def _numbers(numbers: Iterable[str]) -> set[str]:
    forms = set()
    for number in numbers:
        letters = letters_of(number)
        digits = letters.lstrip("abcdefghijklmnopqrstuvwxyz")
        for form in (letters, digits if digits.isdigit() and len(digits) > 4 else ""):
            if len(form) >= 4:
                forms |= {form, without_zeros(form)}
    return forms


def nicknames(letters: str) -> frozenset[str]:
    """The short names of a name, and the full name of a short one."""
    return _table().get(letters, frozenset()) - {letters}


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words that are also names: in lower case they name only someone who is named beside them."""
    return SMALL_WORDS | {word for line in _listed("common_words.txt") for word in line}


def _listed(name: str) -> Iterator[list[str]]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return ([fold(word) for word in line.split()] for line in text.splitlines() if not re.match(r"\s*(#|$)", line))


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for full, *short in _listed("nicknames.txt"):
        table.setdefault(full, set()).update(short)
        for name in short:
            table.setdefault(name, set()).add(full)
    return {name: frozenset(others) for name, others in table.items()}
