"""What an interval means, in the reader's words."""

from collections.abc import Iterable, Sequence

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.equity.rules import Comparison, Interval, meaning_of
from wss_cases.outcomes.equity.states import FAMILIES

MINUS = "\N{MINUS SIGN}"
MEANINGS = {
    "same": _l("No statistically clear difference"),
    "more": _l("More likely (ratio %(ratio)s; range %(low)s to %(high)s)"),
    "less": _l("Less likely (ratio %(ratio)s; range %(low)s to %(high)s)"),
}


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


def meaning_of_row(categories: Sequence[str], against: Comparison | None) -> str:
    """Return the same of a row; groups that share one are too few to show, whatever they say together: differences of
    either sign can lie under their sum."""
    return _("Too few to show each of these groups") if len(categories) > 1 else meaning(against)


def ratio_words(ratio: Interval) -> str:
    """Return what a ratio and its interval prove, with both in figures."""
    words = {"ratio": two(ratio.value), "low": two(ratio.low), "high": two(ratio.high)}
    return str(MEANINGS[meaning_of(ratio)]) % words


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
