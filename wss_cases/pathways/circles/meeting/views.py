"""Pages of circles: the list, the week, the meeting, what became of it, and its calendar file."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.queries import students_seen
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, long_day_words, moment_words, time_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import at_local, local_date, zone_of
from wss_cases.pathways.circles.agreements.queries import term_of_follow_up
from wss_cases.pathways.circles.circle.forms import EVERYONE, AnswerForm, attendance_form
from wss_cases.pathways.circles.circle.keepers import get_circle
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.states import MeetingState, meeting_state
from wss_cases.pathways.circles.invitations.calendar_file import meeting_file, meeting_words
from wss_cases.pathways.circles.meeting import actions
from wss_cases.pathways.circles.meeting.presenters import attendance_in, came_by_role, guest_in, invited_by_role
from wss_cases.pathways.circles.meeting.queries import get_meeting, helpers_at, meetings_between
from wss_cases.pathways.circles.meeting.rules import Attendance
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.forms import people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import ACT, act_context, act_on, asked_day, page_of
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.rules import week_of

blueprint = Blueprint("circles", __name__)

TONES = {MeetingState.PLANNED: "sun", MeetingState.HELD: "moss"}
WEEK = 7
FURTHEST = timedelta(days=3999)
"""How far from today a week is shown."""


@blueprint.get("/circles")
@gate(Permission.CASE_WORK)
def circles() -> Page:
    """Meetings that need an answer, those of today, and those to come."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    zone = zone_of(school_id)
    today = local_date(now, zone)
    midnight = at_local(today, 0, 0, zone)
    tomorrow = at_local(today + timedelta(days=1), 0, 0, zone)
    lists = {
        "to_answer": meetings_between(actor, school_id, None, midnight, waiting=True),
        "today": meetings_between(actor, school_id, midnight, tomorrow),
        "coming": meetings_between(actor, school_id, tomorrow, None, waiting=True),
        "past": meetings_between(actor, school_id, None, midnight, waiting=False, newest_first=True, limit=10),
    }
    words = _worded([row for rows in lists.values() for row in rows], actor, zone)
    return render_template("pathways/circles/meeting/list.html", **lists, words=words, now=now)


@blueprint.get("/circles/week")
@gate(Permission.CASE_WORK)
def week() -> Page:
    """The meetings of one week, day by day; `day` names any of it."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    zone = zone_of(school_id)
    today = local_date(now, zone)
    day = asked_day(today, FURTHEST, FURTHEST)
    sunday = week_of(day)
    days = [sunday + timedelta(days=n) for n in range(WEEK)]
    start, end = (at_local(day, 0, 0, zone) for day in (sunday, sunday + timedelta(days=WEEK)))
    by_day: dict[date, list[Any]] = {day: [] for day in days}
    meetings = meetings_between(actor, school_id, start, end, limit=300)
    for row in meetings:
        by_day[local_date(row.starts_at, zone)].append(row)
    return render_template(
        "pathways/circles/meeting/week.html",
        days=[
            {"title": long_day_words(day), "rows": by_day[day], "today": day == today}
            for day in days
            if day.weekday() < 5 or by_day[day]
        ],
        first=day_words(sunday),
        earlier=url_for("circles.week", day=(sunday - timedelta(days=WEEK)).isoformat()),
        later=url_for("circles.week", day=(sunday + timedelta(days=WEEK)).isoformat()),
        words=_worded(meetings, actor, zone),
        now=now,
    )


def _worded(meetings: Iterable[Any], actor: Actor, zone: str) -> Callable[[Any], dict[str, str]]:
    """Return what says each of these meetings in words: whom its case is about first, its number last."""
    whom = students_seen(actor, {row.case_id for row in meetings})
    return lambda row: _words(row, whom_words(whom.get(row.case_id, []), actor), zone)


def _words(row: Any, who: str, zone: str) -> dict[str, str]:
    state = meeting_state(row.happened, row.not_held_reason)
    return {
        "title": who or row.reference,
        "kind": meeting_words(row.kind, row.meeting_kind),
        "when": moment_words(row.starts_at, zone),
        "time": time_words(row.starts_at, zone),
        "tag": str(state.label),
        "tone": TONES.get(state, "slate"),
    }


@blueprint.get("/follow-ups/<int:follow_up_id>/term")
@gate(Permission.CASE_WORK)
def term_of(follow_up_id: int) -> Page:
    """Go to the agreement term that a follow-up stands for."""
    term, agreement = term_of_follow_up(current_actor(), follow_up_id)
    values: dict[str, Any] = {"case_id": agreement.case_id, "pathway_id": agreement.pathway_id, "term_id": term.id}
    return redirect(url_for("agreements.term", **values), 303)


@blueprint.route("/circles/<int:meeting_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def answer(meeting_id: int) -> Page:
    """Did it happen? Who came is asked on the next page."""
    actor = current_actor()
    its_meeting = get_meeting(actor, meeting_id)
    row = get_circle(actor, its_meeting.case_id, its_meeting.pathway_id)
    if its_meeting.happened is not None and request.method == "GET":
        return render_template("pathways/circles/meeting/answered.html", **_answered(row, its_meeting))
    form = AnswerForm(version=its_meeting.version)

    def act() -> str:
        everyone = form.state.data == EVERYONE
        state = MeetingState.HELD if everyone else MeetingState(form.state.data)
        if state in actions.CAME_TOGETHER and not everyone:
            return url_for("circles.attendance", meeting_id=meeting_id, state=state.value)
        actions.answer_meeting(submitted(form), meeting_id, state, None if everyone else Attendance())
        return page_of(row)

    return form_page(
        form,
        act,
        lambda address: address,
        ACT,
        **act_context(row, _("Did the meeting take place?"), _("Next"), facts=[_place(row, its_meeting)]),
    )


@blueprint.route("/circles/<int:meeting_id>/<any(held, no_show, walked_out):state>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def attendance(meeting_id: int, state: str) -> Page:
    """Who came, by role; then the meeting is answered."""
    actor = current_actor()
    its_meeting = get_meeting(actor, meeting_id)
    row = get_circle(actor, its_meeting.case_id, its_meeting.pathway_id)
    circle = circle_of(row)
    people = invited_by_role(circle, helpers_at(row, its_meeting))
    form = attendance_form(people, its_meeting.version)
    form["guest_beside"].choices = people_choices(circle.names, _("Choose one"))
    became = MeetingState(state)
    words = act_context(
        row,
        _("Who came?"),
        _("Save the answer"),
        facts=[_place(row, its_meeting), _("Answered: %(state)s.", state=became.label)],
        back_href=url_for("circles.answer", meeting_id=meeting_id),
    )
    return act_on(
        row,
        form,
        lambda call: actions.answer_meeting(call, meeting_id, became, attendance_in(form, people), guest_in(form)),
        words,
        "pathways/circles/meeting/attendance.html",
    )


def _place(row: Pathway, its_meeting: CircleMeeting) -> str:
    return f"{moment_words(its_meeting.starts_at, zone_of(row.school_id))} · {its_meeting.room}"


def _answered(row: Pathway, its_meeting: CircleMeeting) -> dict[str, Any]:
    state = meeting_state(its_meeting.happened, its_meeting.not_held_reason)
    return {
        "meeting": its_meeting,
        "place": _place(row, its_meeting),
        "state": str(MeetingState(state).label),
        "tone": TONES.get(state, "slate"),
        "came": came_by_role(its_meeting, circle_of(row)),
        **act_context(row, _("Result of the meeting"), ""),
    }


@blueprint.get("/circles/<int:meeting_id>/calendar.ics")
@gate(Permission.CASE_WORK)
def calendar(meeting_id: int) -> Response:
    """The meeting as a calendar file for staff: no name of a student is in it."""
    its_meeting = get_meeting(current_actor(), meeting_id)
    row = get_circle(current_actor(), its_meeting.case_id, its_meeting.pathway_id)
    body = meeting_file(its_meeting, row.kind, link(page_of(row)), link("/"), clock.now())
    name = f'attachment; filename="circle-{its_meeting.id}.ics"'
    return Response(body, mimetype="text/calendar", headers={"Content-Disposition": name, "Cache-Control": "no-store"})
