"""Spelling of the English messages: an American dictionary, and the field's own list beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from spylls.hunspell import Dictionary

FIELD = Path(__file__).with_name("field.txt")
# what the program fills in, markup, addresses, settings and names of files: none of them are words
NOT_WORDS = re.compile(
    r"%\(\w+\)[sd]|%%|\{\w*\}|<[^>]*>|&\w+;|https?://\S*|\S+@\S+|--[\w-]+|\b\w+_\w+\b|\b\w+\.(?:csv|zip|xml|org|com)\b"
)
WORD = re.compile(r"(?<!\w)[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*(?!\w)")


def words(message: str) -> list[str]:
    return [word.replace("’", "'") for word in WORD.findall(NOT_WORDS.sub(" ", message))]


@cache
def field_words() -> frozenset[str]:
    return frozenset(FIELD.read_text("utf-8").split())


def misspelled(found: Iterable[str]) -> set[str]:
    """Return the words that neither the dictionary nor the field's list knows. A compound is as good as its parts."""
    known = field_words()
    rest = {word for word in found if not _listed(word, known)}
    if not rest:
        return set()
    dictionary = _dictionary()
    return {word for word in rest if not _spelled(word, known, dictionary)}


def _listed(word: str, known: frozenset[str]) -> bool:
    stem = word.removesuffix("'s")
    return stem in known or stem[:1].lower() + stem[1:] in known


def _spelled(word: str, known: frozenset[str], dictionary: Dictionary) -> bool:
    parts = [word, *word.split("-")] if "-" in word else [word]
    whole, rest = parts[0], parts[1:]
    if dictionary.lookup(whole):
        return True
    return bool(rest) and all(_listed(part, known) or dictionary.lookup(part) for part in rest)


@cache
def _dictionary() -> Dictionary:
    return Dictionary.from_files("en_US")
