"""The ways in which one child can be named: whole names, their pieces, short names, initials, numbers. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import fold
from wss_cases.foundation.labelled import Labelled

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


class Kind(Labelled):
    """What a place in a text is, the surest first."""

    NUMBER = "number", _l("student number")
    FULL = "full", _l("full name")
    NAME = "name", _l("name")
    NICKNAME = "nickname", _l("short name")
    MISSPELT = "misspelt", _l("name with a slip")
    INITIALS = "initials", _l("initials")
    BY_HAND = "by_hand", _l("marked by hand")


@dataclass(frozen=True)
class Named:
    """One person by every name on record; `label` is how the page calls them."""

    label: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Forms:
    """The folded letters of everything that a person is called."""

    single: set[str] = field(default_factory=set)
    nicknames: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    initials: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)

    def all(self) -> Iterator[tuple[Kind, str]]:
        """Return each form with its kind."""
        yield from ((Kind.NAME, form) for form in self.single)
        yield from ((Kind.NICKNAME, form) for form in self.nicknames)
        yield from ((Kind.FULL, form) for form in self.full)
        yield from ((Kind.INITIALS, form) for form in self.initials)
        yield from ((Kind.NUMBER, form) for form in self.numbers)


def forms_of(who: Named, *, with_nicknames: bool = False) -> Forms:
    """Return how a person can be named; short names and initials only where they are wanted."""
    given, family = _names(who.given, CONNECTING), _names(who.family, SMALL_WORDS)
    forms = Forms()
    forms.single.update(given | family)
    forms.numbers.update(_numbers(who.numbers))
    short = {each for name in given for each in nicknames(name)} - forms.single if with_nicknames else set()
    forms.nicknames.update(short)
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
    """Return the letters of each name, and of each of its pieces that says something alone."""
    spellings = set()
    for name in names:
        pieces = pieces_of(name)
        spellings.add("".join(pieces))
        spellings |= {piece for piece in pieces if len(piece) > 1 and piece not in small}
        # a name of several words is also used without its small ones, and by two neighbours
        distinctive = [piece for piece in pieces if piece not in small]
        spellings.add("".join(distinctive))
        spellings |= {f"{one}{two}" for one, two in pairwise(distinctive)}
    return spellings - {""}


def pieces_of(name: str) -> list[str]:
    """Return the folded words of a name, split at everything that is no letter or digit."""
    apart = "".join(
        c if unicodedata.category(c)[0] in "LMN" and not "\u02b0" <= c <= "\u02ff" else " "
        for c in unicodedata.normalize("NFC", name)
    )
    return [folded for word in apart.split() if (folded := fold(word).replace(" ", ""))]


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
        letters = fold(number).replace(" ", "")
        if len(letters) >= 4:
            forms |= {letters, letters.lstrip("0")} if len(letters.lstrip("0")) >= 4 else {letters}
    return forms


def nicknames(letters: str) -> frozenset[str]:
    """Return the short names that go with a name, and the full one that goes with a short one."""
    return _table().get(letters, frozenset()) - {letters}


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    text = (Path(__file__).parent / "nicknames.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if re.match(r"\s*(#|$)", line):
            continue
        full, *short = (fold(name) for name in line.split())
        table.setdefault(full, set()).update(short)
        for name in short:
            table.setdefault(name, set()).add(full)
    return {name: frozenset(others) for name, others in table.items()}
