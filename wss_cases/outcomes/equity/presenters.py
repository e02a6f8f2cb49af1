"""What an interval means, in the reader's words."""

from collections.abc import Iterable

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.equity.rules import Comparison, Interval, meaning_of
from wss_cases.outcomes.equity.states import FAMILIES

MINUS = "\N{MINUS SIGN}"
SINGLE = {
    "same": _l("No statistically clear difference"),
    "times": _l("More likely (ratio at least %(low)s)"),
    "more": _l("About %(low)s percent more likely than all others"),
    "less": _l("About %(low)s percent less likely than all others"),
}
SPANS = {
    "times": _l("More likely (ratio %(low)s to %(high)s)"),
    "more": _l("About %(low)s to %(high)s percent more likely than all others"),
    "less": _l("About %(low)s to %(high)s percent less likely than all others"),
}
"""What an interval proves whose two ends are one rounded number, and whose are two."""


def group_words(family: str, categories: Iterable[str]) -> str:
    """Return the name of a row: one group, or several that share it and which they are."""
    names = names_of(family, categories)
    return names[0] if len(names) == 1 else _("Other groups together: %(names)s", names=", ".join(names))


def names_of(family: str, categories: Iterable[str]) -> list[str]:
    """Return the name of each group of a row."""
    labels = FAMILIES[family][1]
    return [str(labels.get(one, one)) for one in categories]


def meaning(against: Comparison | None) -> str:
    """Return the sentence that a comparison with all others proves."""
    return _("Too few to tell") if against is None else ratio_words(against.ratio)


def ratio_words(ratio: Interval) -> str:
    """Return the sentence that a ratio's interval proves."""
    proven = meaning_of(ratio)
    words = SPANS if proven.low != proven.high else SINGLE
    return str(words[proven.kind]) % {"low": f"{proven.low:g}", "high": f"{proven.high:g}"}


def interval_words(interval: Interval) -> str:
    """Return a ratio with its interval, each in two figures: "1.8 (1.3 to 2.4)"."""
    ends = {"value": two(interval.value), "low": two(interval.low), "high": two(interval.high)}
    return _("%(value)s (%(low)s to %(high)s)", **ends)


def points_words(interval: Interval) -> str:
    """Return a difference in percentage points with its interval: "+4.2 (−1.1 to 9.5)"."""
    ends = {"value": f"{100 * interval.value:+.1f}", "low": f"{100 * interval.low:.1f}"}
    ends["high"] = f"{100 * interval.high:.1f}"
    return _("%(value)s (%(low)s to %(high)s)", **{end: words.replace("-", MINUS) for end, words in ends.items()})


def two(number: float) -> str:
    """Return a number in two figures, never as a power of ten."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2f}"
