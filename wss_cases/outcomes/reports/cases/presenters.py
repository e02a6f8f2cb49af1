"""How cases go, as pages show it."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import url_for

from wss_cases.cases.case.models import HarmedSays
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.outcomes.counting.repair.harms import Harms
from wss_cases.outcomes.counting.scope.presenters import Shown
from wss_cases.outcomes.counting.scope.small_shares import FEWEST
from wss_cases.outcomes.reports.cases.queries import Caseload, Time, Times, caseload_of, coordinators
from wss_cases.outcomes.reports.charts.presenters import Point, bar
from wss_cases.outcomes.reports.pathways.presenters import days_words
from wss_cases.outcomes.reports.repeats.rules import Repeat

Behind = Callable[..., str | None]
"""Where the list behind a figure is, by its name and choice; None where there is none for the reader."""


def time_rows(times: Times, behind: Behind) -> list[dict[str, Any]]:
    """Return how long cases took to their first meeting and to their closing: what, how long, of how many."""
    met = _("met: %(over)s; still waiting: %(waiting)s; closed without one: %(without)s", **_numbers(times.meeting))
    closed = _("closed: %(over)s; still open: %(waiting)s", **_numbers(times.closing))
    return [
        {
            "label": label,
            "figure": days_words(time.median),
            "made_of": words,
            "href": behind(name) if time.of else None,
            "of": time.of,
        }
        for label, time, words, name in (
            (_("First circle, conversation or re-entry meeting"), times.meeting, met, "first_meetings"),
            (_("Closing of the case"), times.closing, closed, "closings"),
        )
    ]


def harm_rows(harms: Harms, behind: Behind) -> list[Point]:
    """Return how cases with a person harmed were closed, each with its list."""
    words = (
        (_("Repaired"), "repaired", harms.repaired, "moss"),
        (_("Partly repaired"), "partly", harms.partly, "sun"),
        (_("Not repaired"), "not_repaired", harms.not_repaired, "brick"),
        (_("Unfounded or transferred: not counted"), "left_out", harms.left_out, "slate"),
    )
    return [
        bar(label, number, tone, href=behind("harms", choice=choice) if number else None)
        for label, choice, number, tone in words
    ]


def harm_said_rows(harms: Harms) -> list[Point]:
    """Return what people harmed said when their cases were closed."""
    answers: list[HarmedSays | None] = [*HarmedSays, None]
    rows = ((one, harms.said.get(one.value if one else "", 0)) for one in answers)
    return [bar(said_at_closing(one), number, "teal" if one else "slate") for one, number in rows if number]


def said_at_closing(answer: HarmedSays | None) -> str:
    """Return what the person harmed said at closing, in words."""
    return _("not recorded") if answer is None else str(answer.label)


def _numbers(time: Time) -> dict[str, str]:
    return {"over": f"{time.over:,}", "waiting": f"{time.waiting:,}", "without": f"{time.without:,}"}


def repeat_rows(repeats: Sequence[Repeat], behind: Behind) -> list[dict[str, Any]]:
    """Return how often another incident came, for each length of a window: of how many, and how many are not over."""
    return [
        {
            "label": _("%(number)s school days attended", number=one.length),
            "figure": "–" if one.share is None else f"{round(one.share.percent or 0)}%",
            "of": one.finished,
            "made_of": _repeat_words(one),
            "href": behind("repeats", choice=str(one.length)) if one.finished else None,
        }
        for one in repeats
    ]


def _repeat_words(one: Repeat) -> str:
    unfinished = f"{one.unfinished:,}"
    if one.share is None and one.finished >= FEWEST:
        return _(
            "not shown: it could identify a few at one school; not over yet: %(unfinished)s", unfinished=unfinished
        )
    if one.share is None:
        return _("shown if at least %(least)s; not over yet: %(unfinished)s", least=FEWEST, unfinished=unfinished)
    again = f"{one.share.part:,}"
    return _("with another incident: %(again)s; not over yet: %(unfinished)s", again=again, unfinished=unfinished)


def carried(page: Shown) -> dict[str, Any]:
    """Return what coordinators carry: the middle and the most, and each by name for who leads the school."""
    caseload = caseload_of(page.actor, page.scope)
    rows = [
        {"name": name, "cases": load.cases, "points": load.points, "href": url_for("desk.page", whose=load.lead_id)}
        for name, load in (coordinators(caseload) if page.leads else ())
    ]
    return {**caseload_words(caseload), "rows": rows}


def caseload_words(caseload: Caseload) -> dict[str, str]:
    """Return the middle and the most points in words, of how many people and cases, and what is nobody's."""
    return {
        "median": points_words(caseload.median),
        "most": points_words(caseload.most),
        "people": ngettext("%(num)s coordinator", "%(num)s coordinators", len(caseload.loads)),
        "cases": ngettext("%(num)s open case", "%(num)s open cases", caseload.cases),
        "nobodys": ngettext(
            "%(num)s open case has no coordinator", "%(num)s open cases have no coordinator", caseload.nobodys
        ),
    }


def points_words(points: float | None) -> str:
    """Return points as "6 points", a dash where there are none to tell of."""
    if points is None:
        return "–"
    return _("%(number)s points", number=f"{points:.1f}".removesuffix(".0"))
