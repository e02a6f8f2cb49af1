"""A row that two people changed: as it was, as the other left it and as this one would, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.routing.drafts.presenters import RowWords, row_words
from wss_cases.routing.engine.reading import read_row
from wss_cases.routing.row_editor.actions import rules_asked_by


@dataclass(frozen=True)
class Versions:
    """One part of a row in three versions; an empty list where there is nothing."""

    part: str
    before: list[str]
    theirs: list[str]
    yours: list[str]


def words_of(row: Mapping[str, Any]) -> RowWords:
    """Return a stored row in words."""
    return row_words(read_row(row, set(rules_asked_by(row))), locale_code())


def three_versions(
    before: Mapping[str, Any], theirs: Mapping[str, Any] | None, yours: Mapping[str, Any]
) -> list[Versions]:
    """Return the parts of a row in which its versions differ."""
    sides = [_parts(row) for row in (before, theirs, yours)]
    titles = {"when": _("When"), "then": _("Then"), "because": _("Reason")}
    return [
        Versions(title, *(side[part] for side in sides))
        for part, title in titles.items()
        if any(side[part] != sides[0][part] for side in sides)
    ]


def _parts(row: Mapping[str, Any] | None) -> dict[str, list[str]]:
    if row is None:
        return {"when": [], "then": [], "because": []}
    words = words_of(row)
    return {"when": [words.when], "then": words.then, "because": words.because}
