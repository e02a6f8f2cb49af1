"""Words and charts for a plan, its dose and its card, the same for the mentor and for the team."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wss_cases.foundation.i18n import _, ngettext
from wss_cases.foundation.school_time import day_words, day_words_with_year
from wss_cases.journal.rooms import Room
from wss_cases.pathways.mentoring.plan import models
from wss_cases.pathways.mentoring.plan.models import (
    CARD_DAYS,
    Cadence,
    DailyCard,
    DailyCardDay,
    DayState,
    MentoringPlan,
    MentoringSession,
    Missed,
)
from wss_cases.pathways.mentoring.plan.rules import Dose, last_day_of, percent
from wss_cases.roster.directory.rules import SchoolDays


def rhythm_words(plan: MentoringPlan) -> str:
    """How often, how long and how many weeks, as far as they are set."""
    parts = [str(Cadence(plan.rhythm).label)] if plan.rhythm is not None else []
    if plan.minutes is not None:
        parts.append(_("%(number)d minutes", number=plan.minutes))
    if plan.weeks is not None:
        parts.append(ngettext("for %(num)d week", "for %(num)d weeks", plan.weeks))
    return " · ".join(parts)


def span_words(plan: MentoringPlan) -> str:
    """The first and last day of a plan, as far as they are set."""
    if plan.starts_on is None:
        return ""
    last = last_day_of(plan.starts_on, plan.weeks)
    first_words = day_words_with_year(plan.starts_on)
    return first_words if last is None else f"{first_words} – {day_words_with_year(last)}"


def dose_sentence(dose: Dose) -> str:
    """The chart of a dose in one sentence."""
    if dose.planned is None:
        return ngettext(
            "%(num)d session held. The number planned is not known: the schedule or the first day is not set.",
            "%(num)d sessions held. The number planned is not known: the schedule or the first day is not set.",
            dose.held,
        )
    if dose.planned == 0 and dose.held == 0:
        return _("No session was due yet.")
    return ngettext(
        "%(num)d session held, %(planned)d planned so far.",
        "%(num)d sessions held, %(planned)d planned so far.",
        dose.held,
        planned=dose.planned,
    )


def dose_rows(dose: Dose) -> list[dict[str, Any]]:
    """The bars of a dose: planned so far, held, missed."""
    return [
        {
            "label": _("Planned so far"),
            "value": dose.planned,
            "figure": _("not known") if dose.planned is None else None,
            "tone": "slate",
            "note": _("%(number)d in all", number=dose.planned_in_all) if dose.planned_in_all is not None else None,
        },
        {"label": _("Sessions held"), "value": dose.held, "tone": "teal"},
        {"label": _("Missed"), "value": dose.missed, "tone": "sun"},
    ]


def minutes_words(dose: Dose) -> str:
    """The minutes delivered and planned, or that they are not known."""
    if dose.held == 0:
        return _("0 minutes")
    if dose.minutes is None:
        return _("Minutes are not known")
    words = _("%(number)d minutes", number=dose.minutes)
    if dose.planned_minutes is not None:
        words = _("%(number)d of %(planned)d minutes", number=dose.minutes, planned=dose.planned_minutes)
    if dose.timed < dose.held:
        counted = _("known for %(timed)d of %(held)d sessions", timed=dose.timed, held=dose.held)
        return f"{words} ({counted})"
    return words


def session_words(session: MentoringSession) -> tuple[str, str]:
    """The log of a session in words, and the tone of its tag."""
    if not session.held:
        return str(Missed(session.missed).label) if session.missed else "", "sun"
    if session.minutes is None:
        return _("Held"), "moss"
    return _("Held, %(number)d min", number=session.minutes), "moss"


def day_state_words(day: DailyCardDay | None) -> str:
    return str(DayState(day.state).label) if day is not None else ""


def percent_words(share: int | None) -> str:
    """The percentage of a day in words, or that nothing is recorded."""
    return _("nothing recorded") if share is None else _("%(number)d percent", number=share)


def school_days_back(today: date, days: SchoolDays, count: int = CARD_DAYS) -> Sequence[date]:
    """The last `count` school days up to today, oldest first."""
    last = days.on_or_before(today)
    return [days.add(last, -back) if back else last for back in range(count - 1, -1, -1)]


def card_chart(
    card: DailyCard, card_days: Mapping[date, DailyCardDay], today: date, days: SchoolDays
) -> dict[str, Any]:
    """The chart of a card's last school days: its title and its points. A day without marks is a gap."""
    shares = {day: percent(row.marks) for day, row in card_days.items()}
    back = school_days_back(today, days)
    known = [share for day in back if (share := shares.get(day)) is not None]
    reached = sum(share >= card.goal_percent for share in known)
    title = _(
        "The goal of %(goal)d percent was reached on %(reached)d of %(marked)d recorded days.",
        goal=card.goal_percent, reached=reached, marked=len(known),
    )  # fmt: skip
    points = [{"label": day_words(day), "value": shares.get(day), "figure": None} for day in back]
    return {"title": title if known else _("No days are recorded yet."), "points": points, "marked": len(known)}


ROOM = Room(sentences=models.SENTENCES)
