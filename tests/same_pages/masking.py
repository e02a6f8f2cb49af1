"""What differs between two recordings of the same words: one-time tokens and the versions of static files."""

from __future__ import annotations

import re

MASK = "…"
ONE_TIME_FIELDS = frozenset({"csrf_token", "request_key", "signed"})
"""Hidden fields that each answer carries anew; `signed` holds the key offered for a second factor."""
_PATTERNS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"/static/@[0-9a-f]+/", f"/static/@{MASK}/"),
        (r"(?<=csrf_token=)[\w.%-]+", MASK),
        (r"(?<=request_key=)[0-9a-f]{32}", MASK),
        # the key offered for a second factor, in letters and as a picture
        (r"\b(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}\b", MASK),
        (r"data:image/svg\+xml[^ ]+", f"data:image/svg+xml{MASK}"),
    )
)


def masked(text: str) -> str:
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
