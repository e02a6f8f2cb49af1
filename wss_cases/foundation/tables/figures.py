"""Numbers in words, and rows as the bars of a chart, for templates: a page has hundreds, and a macro costs ten times as
much as a function. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

NOTHING: Final = "–"


def number_words(value: float | None) -> str:
    """Return a number with its thousands apart, in four figures if it is not whole: "1,234", "12.35"; "–" for none."""
    if value is None:
        return NOTHING
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def count_words(number: int) -> str:
    """Return a whole number with its thousands apart: "1,234"."""
    return f"{number:,}"


def rate_words(rate: float | None) -> str:
    """Return a rate in two places, "0.41"; "–" when there is nothing to divide by."""
    return NOTHING if rate is None else f"{rate:.2f}"


class Bar(NamedTuple):
    """One bar as it is drawn: `figure` are its words, `share` its length in percent, `is_cut` where it is longer."""

    label: Any
    figure: Any
    note: Any
    href: str | None
    tone: str
    share: float
    is_cut: bool


def bars_of(rows: Collection[Mapping[str, Any]], cap: float | None) -> list[Bar]:
    """Return the rows of a chart as bars on one scale, up to the largest, or to `cap`."""
    top = cap or max((row["value"] for row in rows if row["value"] is not None), default=0)
    bars = []
    for row in rows:
        value, get = row["value"], row.get
        share = round(min(value / top, 1) * 100, 1) if value and top else 0
        figure = get("figure") or number_words(value)
        is_cut = bool(value and cap and value > cap)
        bars.append(Bar(row["label"], figure, get("note"), get("href"), get("tone") or "teal", share, is_cut))
    return bars


FOR_TEMPLATES: Final = {
    "bars_of": bars_of,
    "count_words": count_words,
    "number_words": number_words,
    "rate_words": rate_words,
}
