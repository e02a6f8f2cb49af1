"""Timeline kinds in words: each room registers its own sentences."""

from collections.abc import Mapping
from typing import Any

from wss_cases.journal.models import TimelineEntry

_sentences: dict[str, Any] = {}


def register_sentences(sentences: Mapping[str, Any]) -> None:
    """Add a room's sentences: kind to a lazy string with %(name)s places for the entry's data."""
    _sentences.update(sentences)


def sentence(entry: TimelineEntry) -> str:
    """Return what an entry says in the reader's language; an unknown kind shows its own name."""
    template = _sentences.get(entry.kind)
    if template is None:
        return entry.kind.replace(".", " ").replace("_", " ")
    return str(template) % _Blank(entry.data)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
