"""The district's switch for public pages, the plain form of a page's figures, and what seals what was read. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from wss_cases.foundation.settings.stored import StoredSetting, fixed
from wss_cases.plans.public.figures.rules import Published
from wss_cases.plans.public.publications.states import PART_LABELS

ON, OFF = "on", "off"
PUBLIC_PAGES: Final = StoredSetting("public_plan_pages", lambda text: text == ON, fixed(False))
"""Whether schools of the district may publish their plans; each school then publishes its own, or does not."""


def key_of(words: str) -> str:
    """Return what stands in the names of form fields for words of a text."""
    return hashlib.sha256(words.casefold().encode()).hexdigest()[:12]


def seals_of(contents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return for each part of a page that others write a seal of what it says in every language."""
    said = {part: [part, *(content[part] for content in contents.values())] for part in PART_LABELS}
    return {part: hashlib.sha256(json.dumps(words).encode()).hexdigest() for part, words in said.items()}


def changed_since(contents: Mapping[str, Mapping[str, Any]], seen: Collection[str]) -> list[str]:
    """Return the parts of a page that say something else than when its seals were `seen`, by what they are called."""
    changed = [PART_LABELS[part] for part, seal in seals_of(contents).items() if seal not in seen]
    return list(dict.fromkeys(str(label) for label in changed))


def names_no_one(words: str, given_by: str, _given_on: str) -> bool:
    """Whether a consent as it is stored says that words of a page name no one: then no one gave it."""
    return bool(words) and not given_by


def as_plain(published: Iterable[Published]) -> list[Any]:
    """Return figures as they are stored."""
    return [[one.name, one.number, one.as_of.isoformat()] for one in published]


def from_plain(rows: Iterable[Any]) -> list[Published]:
    """Return the figures that were stored."""
    return [Published(name, number, date.fromisoformat(day)) for name, number, day in rows]
