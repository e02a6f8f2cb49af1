"""Pure rules of forms that came after their session's end: what is kept, and of which browser a session is."""

from collections.abc import Iterable
from datetime import timedelta

PURPOSE = "kept form"
"""What the keys of the sealed fields are derived for."""

KEPT_FOR = timedelta(days=1)
MOST_KEPT = 10
"""Forms that are kept for one person; the oldest makes room."""
LONGEST_ADDRESS = 500

NEVER_UNDER = ("/account", "/sign-in", "/sign-out", "/session", "/invitation", "/language", "/school")
"""Addresses whose forms hold passwords and codes, or nothing that anybody wrote."""
CHOSEN_UNDER = ("/school-calendar/import/",)
"""Addresses whose forms are worth keeping though people choose there and write nothing in words."""
NEVER_NAMED = frozenset({"csrf_token", "code", "signed"})

Fields = list[tuple[str, str]]


def to_keep(path: str, fields: Iterable[tuple[str, str]]) -> Fields:
    """Return the fields of a form that are worth keeping; none for one that holds secrets, or nothing typed."""
    if len(path) > LONGEST_ADDRESS or any(path == under or path.startswith(f"{under}/") for under in NEVER_UNDER):
        return []
    kept = [(name, value) for name, value in fields if name not in NEVER_NAMED and "password" not in name]
    return kept if written(kept) or path.startswith(CHOSEN_UNDER) else []


def written(fields: Fields) -> list[str]:
    """Return the values that somebody wrote in words: the ones to show, longest first."""
    words = [value.strip() for name, value in fields if name not in ("request_key", "next")]
    found = [value for value in dict.fromkeys(words) if any(part.isalpha() for part in value)]
    return sorted((value for value in found if " " in value or "\n" in value), key=len, reverse=True)


_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook"),
    ("Windows", "Windows"), ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(agent: str) -> tuple[str, str]:
    """Return a browser's and a machine's name from what the browser says of itself; '' for what is not known."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    return browser, next((name for mark, name in _SYSTEMS if mark in agent), "")
