"""What an interval means, in the reader's words."""

from collections.abc import Iterable

from wss_cases.foundation.i18n import gettext as _
from wss_cases.outcomes.equity.rules import Comparison, Interval, said
from wss_cases.outcomes.equity.states import FAMILIES

MINUS = "\N{MINUS SIGN}"


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
    return _("Too few to say") if against is None else ratio_words(against.ratio)


def ratio_words(ratio: Interval) -> str:
    """Return the sentence that a ratio's interval proves."""
    found = said(ratio)
    ends = {"low": number_words(found.low), "high": number_words(found.high)}
    alone = found.low == found.high
    if found.kind == "same":
        return _("No difference from all others can be told")
    if found.kind == "times":
        if alone:
            return _("About %(low)s times as likely as all others", **ends)
        return _("About %(low)s to %(high)s times as likely as all others", **ends)
    if found.kind == "more":
        if alone:
            return _("About %(low)s percent more likely than all others", **ends)
        return _("About %(low)s to %(high)s percent more likely than all others", **ends)
    if alone:
        return _("About %(low)s percent less likely than all others", **ends)
    return _("About %(low)s to %(high)s percent less likely than all others", **ends)


def number_words(number: float) -> str:
    """Return a rounded number: "2", "2.5"."""
    return f"{number:g}"


def interval_words(interval: Interval) -> str:
    """Return a ratio with its interval, each in two figures: "1.8 (1.3 to 2.4)"."""
    ends = {"value": two(interval.value), "low": two(interval.low), "high": two(interval.high)}
    return _("%(value)s (%(low)s to %(high)s)", **ends)


def points_words(interval: Interval) -> str:
    """Return a difference in percentage points with its interval: "+4.2 (−1.1 to 9.5)"."""
    ends = {
        "value": f"{100 * interval.value:+.1f}",
        "low": f"{100 * interval.low:.1f}",
        "high": f"{100 * interval.high:.1f}",
    }
    return _("%(value)s (%(low)s to %(high)s)", **{end: words.replace("-", MINUS) for end, words in ends.items()})


def two(number: float) -> str:
    """Return a number in two figures, never as a power of ten."""
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}" if number >= 1 else f"{number:.2f}"
