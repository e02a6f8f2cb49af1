"""A row that two people changed: as it was, as the other left it and as this one would, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wss_cases.routing.drafts.presenters import part_titles, parts_in_words


@dataclass(frozen=True)
class Versions:
    """One part of a row in three versions; an empty list where there is nothing."""

    part: str
    before: list[str]
    theirs: list[str]
    yours: list[str]


def three_versions(
    before: Mapping[str, Any], theirs: Mapping[str, Any] | None, yours: Mapping[str, Any]
) -> list[Versions]:
    """Return the parts of a row in which its versions differ."""
    sides = [parts_in_words(row) for row in (before, theirs, yours)]
    return [
        Versions(title, *(side[part] for side in sides))
        for part, title in part_titles().items()
        if any(side[part] != sides[0][part] for side in sides)
    ]
