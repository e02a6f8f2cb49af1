"""How pathways went, as the page shows it."""

from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.outcomes.counting.scope.rules import Share
from wss_cases.outcomes.reports.charts.presenters import Point
from wss_cases.outcomes.reports.pathways.queries import PathwayFigures, Said, Waits

SAID_LABELS: dict[str, Any] = {
    "choice": _l("It was their own choice"),
    "heard": _l("People listened to them"),
    "fair": _l("The meeting was fair"),
    "safer": _l("They feel safer"),
    "kept": _l("Promises were kept"),
    "better": _l("Things are better at school"),
    "worth": _l("It was worth it"),
    "again": _l("They would do it again"),
}
"""What a good answer to each question says, in the order in which they are shown."""


def said_rows(said: Said) -> list[Point]:
    """Return the good answers to each question in percent."""
    return [
        {
            "label": str(SAID_LABELS[code]),
            "value": round(said.questions[code].percent or 0),
            "figure": f"{_percent(said.questions[code])} ({said.questions[code].part}/{said.questions[code].whole})",
            "tone": "teal",
        }
        for code in SAID_LABELS
        if code in said.questions
    ]


def pathway_rows(figures: PathwayFigures) -> list[dict[str, str]]:
    """Return the other figures: what, how much, and of what."""
    dose, returns = figures.dose, figures.returns
    return [
        {
            "label": _("Mentoring delivered"),
            "figure": _percent(dose),
            "of": ngettext("%(num)s session planned", "%(num)s sessions planned", dose.whole),
        },
        {
            "label": _("Partner’s answer to a referral"),
            "figure": days_words(figures.answers.median),
            "of": _sent(figures.answers),
        },
        {
            "label": _("First service after a referral"),
            "figure": days_words(figures.services.median),
            "of": _sent(figures.services),
        },
        {
            "label": _("Returns with a meeting near them"),
            "figure": _percent(returns),
            "of": ngettext("%(num)s return", "%(num)s returns", returns.whole),
        },
    ]


def _percent(share: Share) -> str:
    return "–" if share.percent is None else f"{round(share.percent)}%"


def days_words(median: float | None) -> str:
    """Return a median of school days in words, a dash where there is none."""
    if median is None:
        return "–"
    return _("%(number)s school days", number=f"{median:.1f}".removesuffix(".0"))


def _sent(waits: Waits) -> str:
    return _("median of %(over)s; %(of)s sent", over=waits.over, of=waits.of)
