"""Numbers in words, and rows as chart bars, for templates. Functions, because a macro takes ten times as long. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

NOTHING: Final = "–"


def number_words(value: float | None) -> str:
    """A number with thousands separators, in four figures when it is not whole: "1,234", "12.35"; "–" for None."""
    if value is None:
        return NOTHING
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def count_words(number: int) -> str:
    """A whole number with thousands separators: "1,234"."""
    return f"{number:,}"


def rate_words(rate: float | None) -> str:
    """A rate with two decimals, "0.41"; "–" when there is nothing to divide by."""
    return NOTHING if rate is None else f"{rate:.2f}"


class Bar(NamedTuple):
    """One bar of a chart: `figure` is its number in words, `share` its length in percent, `is_cut` when it exceeds
    the cap, `is_open` when its period is not over, which its label says too."""

    label: Any
    figure: Any
    note: Any
    href: str | None
    tone: str
    share: float
    is_cut: bool
    is_open: bool


def bars_of(rows: Collection[Mapping[str, Any]], cap: float | None) -> list[Bar]:
    """The rows of a chart as bars on one scale, up to the largest value or to `cap`."""
    top = cap or max((row["value"] for row in rows if row["value"] is not None), default=0)
    bars = []
    for row in rows:
        value, get = row["value"], row.get
        share = round(min(value / top, 1) * 100, 1) if value and top else 0
        figure = get("figure") or number_words(value)
        is_cut = bool(value and cap and value > cap)
        is_open, tone = bool(get("is_open")), get("tone") or "teal"
        bars.append(Bar(row["label"], figure, get("note"), get("href"), tone, share, is_cut, is_open))
    return bars


FOR_TEMPLATES: Final = {
    "bars_of": bars_of,
    "count_words": count_words,
    "number_words": number_words,
    "rate_words": rate_words,
}
