"""Pages by key: in the order of the ids, so that what is added or changed meanwhile is neither lost nor doubled."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from wss_cases.api.v1.declared import Call, Parameter, Problem, Schema, or_null, text
from wss_cases.foundation.ids import IdConverter
from wss_cases.foundation.keys.envelope import lock, unlock
from wss_cases.foundation.settings.reading import setting

PURPOSE: Final = "api cursor"
LASTS: Final = timedelta(days=1)
_ABOUT: Final = "next_cursor of the page before, with the same other parameters; it lasts a day"
CURSOR: Final = Parameter("cursor", _ABOUT, {"type": "string", "pattern": "[A-Za-z0-9_=-]{1,600}", "example": "gAAAA…"})
SCHOOL: Final = Parameter(
    "school", "only this school, by its id", {"type": "integer", "minimum": 1, "maximum": IdConverter.LARGEST}
)
NEXT: Final[Schema] = or_null(text("Ask again with it as cursor for the next page; null on the last"))
_TURNS_PAGES: Final = ("cursor", "limit")


def limit(usual: int, most: int) -> Parameter:
    """Return the parameter of how many rows a page has."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return Parameter("limit", f"rows of a page, {usual} unless said otherwise", schema)


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the row of an id, in a pull that began at an instant."""

    after: int
    began: datetime


def place_of(call: Call) -> Place:
    """Return where the page that is asked for begins. Raises Problem for a cursor of something else."""
    if "cursor" not in call.values:
        return Place(0, call.now)
    opened = unlock(setting("WSS_KEYS"), PURPOSE, call.values["cursor"], int(LASTS.total_seconds()))
    asked, after, began = json.loads(opened) if opened else ("", 0, "")
    if asked != _digest(call.values):
        words = "This cursor is older than a day, or belongs to other parameters; begin again without it."
        raise Problem(400, words, "cursor")
    return Place(after, datetime.fromisoformat(began))


def cursor_after(call: Call, place: Place, rows: Sequence[Any], size: int) -> str | None:
    """Return the cursor after the first `size` of these rows (their first column is the id); None when that is all."""
    if len(rows) <= size:
        return None
    content = json.dumps([_digest(call.values), rows[size - 1][0], place.began.isoformat()])
    return lock(setting("WSS_KEYS"), PURPOSE, content)


def _digest(values: Mapping[str, Any]) -> str:
    kept = sorted((name, str(value)) for name, value in values.items() if name not in _TURNS_PAGES)
    return sha256(json.dumps(kept).encode()).hexdigest()[:16]
