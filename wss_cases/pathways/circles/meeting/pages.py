"""Meetings of circles: planning them, new days after closures, the list, the week, results, the calendar file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from wss_cases.access.actor import CASE_TEAM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.cases.case.queries import students_seen
from wss_cases.followups.making import cancel_row
from wss_cases.foundation import clock, school_time
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import _
from wss_cases.foundation.pages import Page, form_page, link
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.agreements.queries import term_of_follow_up
from wss_cases.pathways.circles.circle import models
from wss_cases.pathways.circles.circle.pages import EVERYONE, AnswerForm, attendance_form
from wss_cases.pathways.circles.circle.queries import get_circle, told_who_said_what
from wss_cases.pathways.circles.circle.rules import as_told, requirement_words, unmet
from wss_cases.pathways.circles.consent import load_circle, note_screen
from wss_cases.pathways.circles.invitations import meeting_file, meeting_words, tell_calendars
from wss_cases.pathways.circles.keepers import keep_as_lead
from wss_cases.pathways.circles.meeting import actions, queries
from wss_cases.pathways.circles.meeting.actions import note_answer
from wss_cases.pathways.circles.meeting.queries import everyone
from wss_cases.pathways.circles.outside import named_outside
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.circles.terms import completion_held
from wss_cases.pathways.common.actions import audit_only, close_open, follow, not_later, open_follow_ups
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.pathways.common.pages import ACT, act_context, act_on, asked_day, number, page_of, people_choices
from wss_cases.roster.calendar.days import note_move
from wss_cases.roster.directory.models import CalendarMove
from wss_cases.roster.directory.pages import whom_words
from wss_cases.roster.directory.rules import MoveWhy, week_of
from wss_cases.training.records.models import names_of

SHORTEST, LONGEST = 10, 480
"""Minutes of a meeting."""
FURTHEST = timedelta(days=366)


@use_case
def plan_meeting(
    uow: UnitOfWork, pathway_id: int, *, starts_at: datetime, room: str, keeper_id: int, minutes: int = 60,
    anyway: bool = False, again: bool = False, screen: models.ScreenAnswer | None = None, everyone_came: bool = False,
) -> int:  # fmt: skip
    """Plan the meeting, or move the planned one. Returns its id. A meeting that was held already has a past day.

    `again`: after its agreement the circle meets again, instead of the agreement completion meeting. `screen`: the
    answer of the safety screen, if given with the plan. `everyone_came`: the meeting was held and everyone invited
    came. The case's lead becomes the keeper of a circle that never had one, if they are trained.

    Raises Refused while a requirement is not met on that day, naming each; for a keeper who does not keep this circle
    or has no training on record for that day; and, unless `anyway`, with the warnings of `warnings_of`.
    """
    row = load_circle(uow, pathway_id)
    keep_as_lead(uow, row)
    circle, day = circle_of(row), school_time.local_date(starts_at, school_time.zone_of(row.school_id))
    if screen is not None:
        note_screen(uow, row, circle, screen, min(day, school_time.today_at(row.school_id, uow.now)))
    _check(uow, row, circle, day, minutes, again)
    _check_keeper(circle, day, keeper_id)
    if not anyway and (doubts := queries.warnings_of(row, circle, starts_at, minutes, room, keeper_id)):
        raise Refused("anyway", " ".join(doubts))
    kind = models.MeetingKind.CIRCLE if again else queries.next_kind(circle.was_held, circle.agreement is not None)
    meeting = circle.waiting or models.CircleMeeting.of(row, kind=kind, sequence=-1)
    meeting.starts_at, meeting.minutes, meeting.room = starts_at, minutes, room
    meeting.keeper_id, meeting.sequence = keeper_id, meeting.sequence + 1
    uow.record(meeting, "circle.moved" if circle.waiting else "circle.planned")
    if starts_at > uow.now:
        tell_calendars(uow, meeting)
    row.next_step_on = max(day, school_time.today_at(row.school_id, uow.now))
    audit_only(uow, row)
    close_open(uow, row.id, queries.NEW_DAY, "planned")
    if everyone_came:
        note_answer(
            uow, row, circle, meeting, models.MeetingState.HELD, everyone(circle, queries.helpers_at(row, meeting))
        )
    return meeting.id


@use_case
def record_screen(uow: UnitOfWork, pathway_id: int, answer: models.ScreenAnswer, on: date) -> int:
    """Record the keeper's safety screen before a day is chosen. Returns the pathway's id.

    Raises Refused for anyone who does not keep this circle.
    """
    row = load_circle(uow, pathway_id)
    not_later(uow, row.school_id, "screen", on)
    keep_as_lead(uow, row)
    note_screen(uow, row, circle_of(row), answer, on)
    return row.id


def _check(uow: UnitOfWork, row: Pathway, circle: Circle, day: date, minutes: int, again: bool) -> None:
    missing = unmet(as_told(circle.requirements_on(day), told_who_said_what(uow.actor, row.school_id)))
    if missing:
        names = "; ".join(requirement_words(requirement, circle.names) for requirement in missing)
        raise Refused("", _("The meeting cannot be scheduled yet: %(missing)s.", missing=names))
    if row.state is PathwayState.PROPOSED:
        raise Refused("", _("The meeting cannot be scheduled before the circle is accepted."))
    if not again and circle.agreement is not None and completion_held(circle):
        raise Refused("", _("The agreement completion meeting took place. Complete the circle instead."))
    if abs(day - school_time.today_at(row.school_id, uow.now)) > FURTHEST:
        raise Refused("day", _("This day is more than a year away. Check the year."))
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused("minutes", _("Enter between 10 minutes and 8 hours."))


def _check_keeper(circle: Circle, day: date, keeper_id: int) -> None:
    if keeper_id not in circle.keeper_names:
        raise Refused("keeper", _("Choose a keeper of this circle."))
    if keeper_id not in circle.leaders_on(day):
        raise Refused("keeper", _("This keeper does not work here on that day, or decides discipline here."))
    if keeper_id not in circle.trained_on(day):
        raise Refused("keeper", _("This keeper has no valid training on record on that day."))


MEETING = models.CircleMeeting.__tablename__


def ask_for_new_days(
    uow: UnitOfWork, meetings: Sequence[models.CircleMeeting], day: date, ask_on: date, label: str
) -> int:
    """Ask once for a new day for each meeting of a date without school. The meeting stays until it is moved.

    Returns how many were asked for.
    """
    count = 0
    for meeting in meetings:
        if open_follow_ups(uow, meeting.pathway_id, queries.NEW_DAY):
            continue
        row = uow.session.get_one(Pathway, meeting.pathway_id)
        follow(uow, row, queries.NEW_DAY, ask_on)
        note_move(uow, meeting.school_id, day, MoveWhy.NO_SCHOOL, label, (MEETING, meeting.id), ask_on)
        uow.record(meeting, "circle.no_school", day=day.isoformat(), label=label)
        count += 1
    return count


def stop_asking(uow: UnitOfWork, moves: Sequence[CalendarMove]) -> int:
    """Cancel unanswered requests for a new day, because there is school after all. Returns how many."""
    count = 0
    for move in moves:
        meeting = uow.session.get(models.CircleMeeting, move.subject_id) if move.subject_type == MEETING else None
        if meeting is None:
            continue
        for row in open_follow_ups(uow, meeting.pathway_id, queries.NEW_DAY):
            if row.created_at == move.moved_at and row.due_on == move.moved_to:
                cancel_row(uow, row, _("There is school on that day after all."))
                move.returned_at = uow.now
                count += 1
    return count


People = Sequence[tuple[str, Mapping[int, str], Any]]


def invited_by_role(circle: Circle, helpers: Mapping[int, str]) -> People:
    """The people whose attendance is recorded after a meeting: parties, supporters, keepers, and `helpers` (keepers
    without an account).
    """
    names = circle.names
    supporters = {
        supporter.id: _("%(name)s, with %(party)s", name=supporter.name, party=names.get(supporter.participant_id, ""))
        for supporter in circle.supporters
        if supporter.ended_at is None
    }
    return (
        ("party", names, _("Party")),
        ("supporter", supporters, _("Supporter")),
        ("keeper", circle.keeper_names, _("Keeper")),
        ("helper", helpers, _("Keeper without an account")),
    )


def attendance_in(form: BaseForm, people: People) -> queries.Attendance:
    parties, supporters, keepers, helpers = (
        {key: models.Presence(form[f"{role}_{key}"].data) for key in names} for role, names, _words in people
    )
    return queries.Attendance(parties=parties, supporters=supporters, keepers=keepers, helpers=helpers)


def guest_in(form: BaseForm) -> queries.Guest | None:
    """The guest whom a form names; None without a name."""
    name = (form["guest"].data or "").strip()
    relation = form["guest_relation"].data
    if not name:
        return None
    return queries.Guest(
        name, models.SupporterRelation(relation) if relation else None, number(form["guest_beside"].data) or 0
    )


def came_by_role(meeting: models.CircleMeeting, circle: Circle) -> list[dict[str, str]]:
    """The attendance of a meeting as rows of a summary."""
    supporters = {supporter.id: supporter.name for supporter in circle.supporters}
    keepers_came = {line.keeper_user_id for line in meeting.attendance if line.keeper_user_id is not None}
    former = keepers_came - circle.keeper_names.keys()
    keepers = circle.keeper_names | (names_of(former) if former else {})
    helpers = named_outside(line.outside_keeper_id for line in meeting.attendance)
    rows = []
    for line in meeting.attendance:
        name = (
            circle.names.get(line.participant_id or 0)
            or supporters.get(line.supporter_id or 0)
            or keepers.get(line.keeper_user_id or 0)
            or helpers.get(line.outside_keeper_id or 0)
        )
        presence = models.Presence.ABSENT if not line.attended else models.Presence.CAME
        presence = models.Presence.LEFT_EARLY if line.left_early else presence
        rows.append({"label": name or _("Someone else"), "value": str(models.Presence(presence).label)})
    return rows


blueprint = Blueprint("circles", __name__)

TONES = {models.MeetingState.PLANNED: "sun", models.MeetingState.HELD: "moss"}
WEEK = 7
MEETING_FURTHEST = timedelta(days=3999)
"""How far from today the week page can go."""


@blueprint.get("/circles")
@gate(Permission.CASE_WORK)
def circles() -> Page:
    """Lists of meetings: those without a result, today's, coming ones, past ones."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    zone = school_time.zone_of(school_id)
    today = school_time.local_date(now, zone)
    midnight = school_time.at_local(today, 0, 0, zone)
    tomorrow = school_time.at_local(today + timedelta(days=1), 0, 0, zone)
    lists = {
        "to_answer": queries.meetings_between(actor, school_id, None, midnight, waiting=True),
        "today": queries.meetings_between(actor, school_id, midnight, tomorrow),
        "coming": queries.meetings_between(actor, school_id, tomorrow, None, waiting=True),
        "past": queries.meetings_between(actor, school_id, None, midnight, waiting=False, newest_first=True, limit=10),
    }
    words = _worded([row for rows in lists.values() for row in rows], actor, zone)
    return render_template("pathways/circles/meeting/list.html", **lists, words=words, now=now)


@blueprint.get("/circles/week")
@gate(Permission.CASE_WORK)
def week() -> Page:
    """The meetings of one week, day by day. `day` is any day of it."""
    actor, now = current_actor(), clock.now()
    school_id = chosen_school_id(actor, *CASE_TEAM)
    zone = school_time.zone_of(school_id)
    today = school_time.local_date(now, zone)
    day = asked_day(today, MEETING_FURTHEST, MEETING_FURTHEST)
    sunday = week_of(day)
    days = [sunday + timedelta(days=n) for n in range(WEEK)]
    start, end = (school_time.at_local(day, 0, 0, zone) for day in (sunday, sunday + timedelta(days=WEEK)))
    by_day: dict[date, list[Any]] = {day: [] for day in days}
    meetings = queries.meetings_between(actor, school_id, start, end, limit=300)
    for row in meetings:
        by_day[school_time.local_date(row.starts_at, zone)].append(row)
    return render_template(
        "pathways/circles/meeting/week.html",
        days=[
            {"title": school_time.long_day_words(day), "rows": by_day[day], "today": day == today}
            for day in days
            if day.weekday() < 5 or by_day[day]
        ],
        first=school_time.day_words(sunday),
        earlier=url_for("circles.week", day=(sunday - timedelta(days=WEEK)).isoformat()),
        later=url_for("circles.week", day=(sunday + timedelta(days=WEEK)).isoformat()),
        words=_worded(meetings, actor, zone),
        now=now,
    )


def _worded(meetings: Iterable[Any], actor: Actor, zone: str) -> Callable[[Any], dict[str, str]]:
    """A function that describes each of these meetings: the case's students first, its number when none may be
    named.
    """
    students = students_seen(actor, {row.case_id for row in meetings})
    return lambda row: _words(row, whom_words(students.get(row.case_id, []), actor), zone)


def _words(row: Any, who: str, zone: str) -> dict[str, str]:
    state = models.meeting_state(row.happened, row.not_held_reason)
    return {
        "title": who or row.reference,
        "kind": meeting_words(row.kind, row.meeting_kind),
        "when": school_time.moment_words(row.starts_at, zone),
        "time": school_time.time_words(row.starts_at, zone),
        "tag": str(state.label),
        "tone": TONES.get(state, "slate"),
    }


@blueprint.get("/follow-ups/<int:follow_up_id>/term")
@gate(Permission.CASE_WORK)
def term_of(follow_up_id: int) -> Page:
    term, agreement = term_of_follow_up(current_actor(), follow_up_id)
    values: dict[str, Any] = {"case_id": agreement.case_id, "pathway_id": agreement.pathway_id, "term_id": term.id}
    return redirect(url_for("agreements.term", **values), 303)


@blueprint.route("/circles/<int:meeting_id>", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def answer(meeting_id: int) -> Page:
    """Record whether a meeting took place. The next page asks who came."""
    actor = current_actor()
    its_meeting = queries.get_meeting(actor, meeting_id)
    row = get_circle(actor, its_meeting.case_id, its_meeting.pathway_id)
    if its_meeting.happened is not None and request.method == "GET":
        return render_template("pathways/circles/meeting/answered.html", **_answered(row, its_meeting))
    form = AnswerForm(version=its_meeting.version)

    def act() -> str:
        everyone = form.state.data == EVERYONE
        state = models.MeetingState.HELD if everyone else models.MeetingState(form.state.data)
        if state in actions.CAME_TOGETHER and not everyone:
            return url_for("circles.attendance", meeting_id=meeting_id, state=state.value)
        actions.answer_meeting(submitted(form), meeting_id, state, None if everyone else queries.Attendance())
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
    """Record who came, by role, and with it the result of the meeting."""
    actor = current_actor()
    its_meeting = queries.get_meeting(actor, meeting_id)
    row = get_circle(actor, its_meeting.case_id, its_meeting.pathway_id)
    circle = circle_of(row)
    people = invited_by_role(circle, queries.helpers_at(row, its_meeting))
    form = attendance_form(people, its_meeting.version)
    form["guest_beside"].choices = people_choices(circle.names, _("Choose one"))
    became = models.MeetingState(state)
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


def _place(row: Pathway, its_meeting: models.CircleMeeting) -> str:
    return f"{school_time.moment_words(its_meeting.starts_at, school_time.zone_of(row.school_id))} · {its_meeting.room}"


def _answered(row: Pathway, its_meeting: models.CircleMeeting) -> dict[str, Any]:
    state = models.meeting_state(its_meeting.happened, its_meeting.not_held_reason)
    return {
        "meeting": its_meeting,
        "place": _place(row, its_meeting),
        "state": str(models.MeetingState(state).label),
        "tone": TONES.get(state, "slate"),
        "came": came_by_role(its_meeting, circle_of(row)),
        **act_context(row, _("Result of the meeting"), ""),
    }


@blueprint.get("/circles/<int:meeting_id>/calendar.ics")
@gate(Permission.CASE_WORK)
def calendar(meeting_id: int) -> Response:
    """The meeting as a calendar file for staff, without the name of a student."""
    its_meeting = queries.get_meeting(current_actor(), meeting_id)
    row = get_circle(current_actor(), its_meeting.case_id, its_meeting.pathway_id)
    body = meeting_file(its_meeting, row.kind, link(page_of(row)), link("/"), clock.now())
    name = f'attachment; filename="circle-{its_meeting.id}.ics"'
    return Response(body, mimetype="text/calendar", headers={"Content-Disposition": name, "Cache-Control": "no-store"})


ROOM = Room(pages=(blueprint,))
