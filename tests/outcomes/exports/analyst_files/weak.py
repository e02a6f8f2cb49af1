"""Files for analysts that are held against fewer totals than a reader can make; the attack must find them out."""

from __future__ import annotations

from collections.abc import Callable

from tests.outcomes.exports.analyst_files.drawn import Said
from wss_cases.outcomes.exports.analyst_files.content.rules import (
    COLUMNS,
    HELD_AGAINST,
    SUPPRESSED,
    Facts,
    Months,
    Parts,
    Place,
    _divided_each,
    _Totals,
)


def named_places_only(facts: Facts, least: int) -> Said:
    """Forgets that schools, or networks, that the file does not name have a total together."""
    return _forgetting(facts, least, lambda place, _span: SUPPRESSED in place)


def named_months_only(facts: Facts, least: int) -> Said:
    """Forgets that months that some rows do not name have a total together."""
    months = len({one.values[COLUMNS.index("month")] for one in facts})
    return _forgetting(facts, least, lambda _place, span: 1 < len(span) < months)


def _forgetting(facts: Facts, least: int, forgotten: Callable[[Place, Months], bool]) -> Said:
    alike: Parts = [((), facts)]
    for column, name in enumerate(COLUMNS):
        totals = _Totals(alike, column, least) if name in HELD_AGAINST else None
        if totals:
            totals.spans = {
                place: {span for span in spans if not forgotten(place, span)} for place, spans in totals.spans.items()
            }
        alike = _divided_each(alike, column, least, totals)
    return [(one.key, said) for said, rows in alike for one in rows]
