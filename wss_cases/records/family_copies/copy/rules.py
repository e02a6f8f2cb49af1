"""Pure decisions about a copy: what is still undecided, what stands in it afterwards, what changed meanwhile."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from wss_cases.roster.names.finder import Finder, Found
from wss_cases.roster.names.spellings import BREAK, Kind

ADULT_AT = 18
REPLACE, KEEP = "replace", "keep"


@dataclass(frozen=True)
class Mark:
    """One place to decide about: its key, what was found, and what was decided ('' nothing yet).

    `instead` stands in the text when it is replaced, `why` says why it is kept.
    """

    key: str
    line: str
    found: Found
    done: str = ""
    instead: str = ""
    why: str = ""


def marks_in(
    line: str, text: str, finder: Finder, by_hand: Sequence[str], decisions: Mapping[str, Any], instead: str
) -> list[Mark]:
    """Return what is to be decided in one line, in order, with what was decided about the same words before."""
    places = _with_by_hand(text, finder.find(text), by_hand)
    marks = []
    counted: dict[str, int] = {}
    for one in places:
        counted[one.words] = counted.get(one.words, 0) + 1
        around = text[max(0, one.start - 20) : one.end + 20]
        key = digest(f"{line}\n{counted[one.words]}\n{one.words}\n{around}")[:16]
        decision = decisions.get(key, {})
        by_itself = REPLACE if one.kind is Kind.BY_HAND else ""
        done, words = decision.get("do", by_itself), decision.get("with") or instead
        marks.append(Mark(key, line, one, done, words, decision.get("why", "")))
    return marks


def _with_by_hand(text: str, places: list[Found], by_hand: Sequence[str]) -> list[Found]:
    """Add what a person marked; where it meets what was found, the whole of both is one place."""
    extra = []
    for phrase in by_hand:
        pattern = r"\s+".join(re.escape(word) for word in phrase.split())
        for match in re.finditer(pattern, text, re.IGNORECASE) if pattern else ():
            extra.append(Found(match.start(), match.end(), match.group(), Kind.BY_HAND, frozenset(), True, False))
    done: list[Found] = []
    for one in sorted([*places, *extra], key=lambda each: (each.start, -each.end)):
        last = done[-1] if done else None
        if last is not None and one.start < last.end:
            end = max(last.end, one.end)
            kind = Kind.BY_HAND if Kind.BY_HAND in (last.kind, one.kind) else last.kind
            done[-1] = replace(last, end=end, words=text[last.start : end], kind=kind, who=last.who | one.who)
        else:
            done.append(one)
    return done


def pieces(text: str, marks: Iterable[Mark]) -> list[tuple[str, Mark | None]]:
    """Return a text in pieces: plain ones, and the places to decide about."""
    cut: list[tuple[str, Mark | None]] = []
    at = 0
    for mark in marks:
        cut += [(text[at : mark.found.start], None), (mark.found.words, mark)]
        at = mark.found.end
    return [(words, mark) for words, mark in [*cut, (text[at:], None)] if words]


def released(text: str, marks: Iterable[Mark]) -> str:
    """Return a text with everything replaced that is to be."""
    return "".join(
        mark.instead if mark is not None and mark.done == REPLACE else words for words, mark in pieces(text, marks)
    )


def left_over(text: str, marks: Sequence[Mark], finder: Finder) -> list[str]:
    """Return what would still name a child in a text after its decisions: nothing, or somebody overlooked it."""
    plain = "".join(BREAK if mark is not None else words for words, mark in pieces(text, marks))
    return [one.words for one in finder.find(plain)]


def may_keep(mark: Mark, why: str) -> bool:
    """Whether a place may stay for this reason: a number never, a full name only as somebody else's."""
    if mark.found.kind is Kind.NUMBER:
        return False
    return mark.found.kind is not Kind.FULL or not mark.found.near or why in ("adult", "own")


def changed(seen: Mapping[str, Any], lines: Mapping[str, str]) -> list[str]:
    """Return the keys of lines that differ from what was handed on, those that came and those that went included."""
    now = {key: digest(text) for key, text in lines.items()}
    return [key for key in {**seen, **now} if seen.get(key) != now.get(key)]


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_eligible(birth_date: date | None, day: date) -> bool:
    """Whether the right is the student's own: from the eighteenth birthday on."""
    if birth_date is None:
        return False
    return (day.year - birth_date.year) - ((day.month, day.day) < (birth_date.month, birth_date.day)) >= ADULT_AT


def phrases(typed: str) -> list[str]:
    """Return the words marked by hand, one a line."""
    return list(dict.fromkeys(line.strip() for line in typed.splitlines() if line.strip()))[:100]
