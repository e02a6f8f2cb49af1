"""The daily card on a phone: check in, mark period by period, check out; and the empty card on paper."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, long_day_words, time_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import force_locale, locale_code
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.views import asked_day, page_of
from wss_cases.pathways.mentoring.card import actions
from wss_cases.pathways.mentoring.plan.models import DailyCard, DailyCardDay
from wss_cases.pathways.mentoring.plan.presenters import card_chart, day_state_words, percent_words, school_days_back
from wss_cases.pathways.mentoring.plan.queries import (
    LOGGED,
    OwnStudent,
    card_days,
    card_of,
    get_own,
    is_team,
    session_on,
)
from wss_cases.pathways.mentoring.plan.rules import percent
from wss_cases.pathways.mentoring.plan.states import DayState, Missed
from wss_cases.pathways.mentoring.sessions.forms import marks_of, period_form
from wss_cases.roster.directory.queries import get_school, school_days

blueprint = Blueprint("mentoring_card", __name__, url_prefix="/mentoring/<int:pathway_id>/card")

MARKABLE_DAYS = 5


def _own(actor: Actor, pathway_id: int) -> tuple[OwnStudent, DailyCard]:
    return get_own(actor, pathway_id), existing(card_of(pathway_id))


@blueprint.get("")
@gate(Permission.MENTORING_LOG)
def card(pathway_id: int) -> Page:
    """The card of one day, each period one tap from its marks."""
    actor = current_actor()
    own, row = _own(actor, pathway_id)
    today, days = today_at(own.plan.school_id, clock.now()), school_days(own.plan.school_id)
    day = asked_day(today, actions.LOOK_BACK)
    back = school_days_back(today, days)
    days_by_date = card_days(row.id, min(back[0], day))
    shown = days_by_date.get(day)
    share = percent(shown.marks) if shown else None
    absent = _is_absent(pathway_id, day, shown)
    return render_template(
        "pathways/mentoring/card/card.html",
        own=own,
        card=row,
        title=long_day_words(day),
        today=day == today,
        school=days.is_school_day(day),
        open=own.pathway.state in LOGGED,
        state=shown.state.value if shown else DayState.NOT_BEGUN.value,
        absent=absent,
        state_words=_("Absent") if absent else _state_words(shown, own.plan.school_id),
        share=share,
        share_words=percent_words(share),
        reached=share is not None and share >= row.goal_percent,
        periods=[_period(pathway_id, row, shown, day, number) for number in range(len(row.periods))],
        other_days=[
            (day_words(one), url_for("mentoring_card.card", pathway_id=pathway_id, day=one.isoformat()))
            for one in reversed(back[-MARKABLE_DAYS:])
            if one != day
        ],
        chart=card_chart(row, days_by_date, today, days),
        case_href=page_of(own.pathway) if is_team(actor, own.plan) else None,
        spoken=locale_code(),
    )


def _is_absent(pathway_id: int, on: date, day: DailyCardDay | None) -> bool:
    if day is not None and day.checked_in_at is not None:
        return False
    session = session_on(pathway_id, on)
    return session is not None and session.missed == Missed.STUDENT_ABSENT


def _state_words(day: DailyCardDay | None, school_id: int) -> str:
    school = get_school(school_id)
    if day is None or day.checked_in_at is None or school is None:
        return day_state_words(day)
    at = day.checked_out_at or day.checked_in_at
    return _("%(state)s at %(time)s", state=day_state_words(day), time=time_words(at, school.time_zone))


def _period(pathway_id: int, card: DailyCard, day: DailyCardDay | None, on: date, number: int) -> dict[str, Any]:
    name = card.periods[number]
    marks = day.marks.get(name) if day else None
    share = percent({name: marks}) if marks else None
    return {
        "name": name,
        "tag": percent_words(share) if marks else None,
        "tone": "moss" if share is not None and share >= card.goal_percent else "slate",
        "href": url_for("mentoring_card.period", pathway_id=pathway_id, day=on.isoformat(), number=number + 1),
    }


@blueprint.route("/period", methods=["GET", "POST"])
@gate(Permission.MENTORING_LOG)
def period(pathway_id: int) -> Page:
    """Mark one period: 0, 1 or 2 for each expectation; then comes the next period."""
    own, row = _own(current_actor(), pathway_id)
    day = asked_day(today_at(own.plan.school_id, clock.now()), actions.LOOK_BACK)
    number = min(max(request.args.get("number", 1, type=int), 1), len(row.periods))
    name = row.periods[number - 1]
    card_day = card_days(row.id, day).get(day)
    marks = (card_day.marks.get(name) if card_day else None) or []
    values = {f"m{place}": str(mark) for place, mark in enumerate(marks) if mark is not None}
    form = period_form(row.expectations)(version=card_day.version if card_day else 0, **values)
    return form_page(
        form,
        lambda: actions.mark(submitted(form), pathway_id, day, name, marks_of(form, len(row.expectations))),
        _next_page(pathway_id, row, day, number),
        "pathways/mentoring/card/period.html",
        own=own,
        name=name,
        day=day_words(day),
        fields=[f"m{place}" for place in range(len(row.expectations))],
        back_href=url_for("mentoring_card.card", pathway_id=pathway_id, day=day.isoformat()),
    )


def _next_page(pathway_id: int, card: DailyCard, day: date, number: int) -> str:
    anchor = "periods" if number < len(card.periods) else None
    return url_for("mentoring_card.card", pathway_id=pathway_id, day=day.isoformat(), _anchor=anchor)


@blueprint.post("/check-in")
@gate(Permission.MENTORING_LOG)
def check_in(pathway_id: int) -> Page:
    """Check the student in today."""
    return _checked(pathway_id, actions.check_in)


@blueprint.post("/check-out")
@gate(Permission.MENTORING_LOG)
def check_out(pathway_id: int) -> Page:
    """Check the student out today."""
    return _checked(pathway_id, actions.check_out)


def _checked(pathway_id: int, act: Callable[[Invocation, int], int]) -> Page:
    actor = current_actor()
    _own(actor, pathway_id)
    act(Invocation(actor, clock.now()), pathway_id)
    return redirect(url_for("mentoring_card.card", pathway_id=pathway_id), 303)


@blueprint.get("/paper")
@gate(Permission.MENTORING_LOG)
def paper(pathway_id: int) -> Page:
    """The empty card on paper, in English or Spanish."""
    own, row = _own(current_actor(), pathway_id)
    chosen = request.args.get("language", "")
    language = chosen if chosen in ("en", "es") else locale_code()
    today = today_at(own.plan.school_id, clock.now())
    with force_locale(language):
        return render_template(
            "pathways/mentoring/card/paper.html",
            own=own,
            card=row,
            most=2 * len(row.expectations) * len(row.periods),
            locale=language,
            year=today.year,
        )
