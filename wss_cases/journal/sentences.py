"""Timeline kinds in words: each room registers its own sentences."""

from collections.abc import Mapping
from typing import Any

from wss_cases.journal.models import TimelineEntry

_sentences: dict[str, Any] = {}


def register_sentences(sentences: Mapping[str, Any]) -> None:
    """Add a room's sentences: kind to a lazy string with %(name)s places for the entry's data.

    Or to a pair (lazy string, {name: labels}) when a datum is a code that its labels put in words.
    """
    _sentences.update(sentences)


def sentence(entry: TimelineEntry) -> str:
    """Return what an entry says in the reader's language; an unknown kind shows its own name."""
    template = _sentences.get(entry.kind)
    if template is None:
        return entry.kind.replace(".", " ").replace("_", " ")
    if not isinstance(template, tuple):
        return str(template) % _Blank(entry.data)
    words, labels = template
    said = {
        name: labels[name].get(value, value) if name in labels else value
        for name, value in entry.data.items()
    }
    return str(words) % _Blank(said)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
