"""Timeline kinds in words: each room registers its own sentences."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from wss_cases.foundation.i18n import _, force_locale, locale_code
from wss_cases.foundation.school_time import day_words_with_year, moment_words
from wss_cases.journal.models import TimelineEntry

_sentences: dict[str, Any] = {}


def register_sentences(sentences: Mapping[str, Any]) -> None:
    """Register a room's sentences: kind to a lazy string with %(name)s places for the entry's data.

    A sentence may be a pair (lazy string, {name: labels}) when a value is a code with labels. Dates written 2026-11-24
    are formatted; a value that is a pair of texts, {"en": …, "es": …}, is shown in the reader's language.
    """
    _sentences.update(sentences)


def sentence(entry: TimelineEntry) -> str:
    """An entry's sentence in the reader's language; an unknown kind shows its own name."""
    template = _sentences.get(entry.kind)
    if template is None:
        return entry.kind.replace(".", " ").replace("_", " ")
    words, labels = template if isinstance(template, tuple) else (template, {})
    said = {name: _in_words(value, labels.get(name, {})) for name, value in entry.data.items()}
    return str(words) % _Blank(said)


def in_both(words: Callable[[], Any]) -> dict[str, str]:
    """What `words` returns in each language, for the data of an entry."""
    said = {}
    for language in ("en", "es"):
        with force_locale(language):
            said[language] = str(words())
    return said


def author(entry: TimelineEntry) -> str:
    """Who did it; the system when no person did."""
    return entry.actor_name if entry.actor_id is not None else _("The system")


def entry_rows(entries: Iterable[TimelineEntry], zone: str) -> list[dict[str, str]]:
    """Entries for a page: what was done, when on the clocks of a zone, and who did it."""
    return [{"what": sentence(one), "when": moment_words(one.at, zone), "who": author(one)} for one in entries]


def _in_words(value: Any, labels: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return value.get(locale_code()) or value.get("en", "")
    if not isinstance(value, str):
        return value
    if len(value) == 10 and value[4] == value[7] == "-":
        try:
            return day_words_with_year(date.fromisoformat(value))
        except ValueError:
            return value
    return labels.get(value, value)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""
