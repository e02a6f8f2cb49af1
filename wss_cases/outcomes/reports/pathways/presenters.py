"""How pathways went, as the page shows it."""

from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.i18n import ngettext
from wss_cases.outcomes.counting.scope.rules import Share
from wss_cases.outcomes.reports.charts.presenters import Point, bar
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
        bar(str(label), round(share.percent or 0), "teal", figure=f"{percent(share)} ({share.part}/{share.whole})")
        for code, label in SAID_LABELS.items()
        if (share := said.questions.get(code)) is not None
    ]


def pathway_rows(figures: PathwayFigures) -> list[dict[str, str]]:
    """Return the other figures: what, how much, and of what."""
    dose, returns, answers, services = figures.dose, figures.returns, figures.answers, figures.services
    sessions = ngettext("%(num)s session planned", "%(num)s sessions planned", dose.whole)
    of_returns = ngettext("%(num)s return", "%(num)s returns", returns.whole)
    rows = (
        (_("Mentoring delivered"), percent(dose), sessions),
        (_("Partner’s answer to a referral"), days_words(answers.median), _sent(answers)),
        (_("First service after a referral"), days_words(services.median), _sent(services)),
        (_("Returns with a meeting near them"), percent(returns), of_returns),
    )
    return [{"label": label, "figure": figure, "of": of} for label, figure, of in rows]


def percent(share: Share) -> str:
    """Return a share as "81%", a dash where the whole is empty."""
    return "–" if share.percent is None else f"{round(share.percent)}%"


def days_words(median: float | None) -> str:
    """Return a median of school days in words, a dash where there is none."""
    if median is None:
        return "–"
    return _("%(number)s school days", number=f"{median:.1f}".removesuffix(".0"))


def _sent(waits: Waits) -> str:
    return _("median of %(over)s; %(of)s sent", over=waits.over, of=waits.of)
