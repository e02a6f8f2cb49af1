"""Pages of meetings: the list, a meeting, and "You said, we did"."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import render_template, request, url_for

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import _, dotted, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place, Shown
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import plan_frame, plan_words
from wss_cases.plans.plan.core.queries import PLAN_READERS, get_plan, plans_of
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting, came_to, notice_is_late
from wss_cases.plans.voices.meetings.queries import (
    PAGE,
    get_meeting,
    heard_at,
    meetings_of,
    next_meeting,
    unanswered_at,
    unanswered_by_school,
    voices_of,
)
from wss_cases.roster.directory.pages import languages_by_name
from wss_cases.roster.directory.queries import get_school


def meeting_title(meeting: SchoolMeeting) -> str:
    """What a meeting is called: its kind and its day."""
    return dotted(str(meeting.kind.label), day_words(meeting.held_on))


def meeting_rows(found: Sequence[SchoolMeeting], waiting: dict[int, int], today: date) -> list[dict[str, Any]]:
    """Meetings as rows of a list: who came, and how many voices wait."""
    return [
        {
            "title": meeting_title(one),
            "href": url_for("meetings.meeting", school_meeting_id=one.id),
            "meta": dotted(one.topic, came_words(one)),
            "tag": _tag(one, waiting.get(one.id, 0), today),
            "tone": "sky" if one.held_on > today else "sun",
        }
        for one in found
    ]


def _tag(meeting: SchoolMeeting, waiting: int, today: date) -> str:
    if meeting.held_on > today:
        return _("Upcoming")
    return ngettext("%(num)d waiting for an answer", "%(num)d waiting for an answer", waiting) if waiting else ""


def came_words(meeting: SchoolMeeting) -> str:
    """Who came, by group; nothing where nobody is counted."""
    return ", ".join(f"{group.label}: {number}" for group, number in came_to(meeting).items() if number)


def facts_of(meeting: SchoolMeeting, today: date) -> list[dict[str, Any]]:
    """The facts of a meeting as rows of label and value; before its day nobody has come yet."""
    names = dict(languages_by_name(meeting.languages))
    interpreted = _("with an interpreter") if meeting.interpreter else ""
    spoken = dotted(", ".join(names[code] for code in meeting.languages), interpreted)
    language = {"label": _("Languages"), "value": spoken}
    notice = {"label": _("Notice posted on"), "value": day_words(meeting.notice_on)}
    if meeting.held_on > today:
        number = ngettext("%(num)d member needed", "%(num)d members needed", meeting.quorum or 0)
        needed = {"label": _("Quorum"), "value": number}
        about = {"label": _("What it is about"), "value": meeting.topic}
        return [about, language, notice, *([needed] if meeting.quorum else [])]
    return [
        {"label": _("What it was about"), "value": meeting.topic},
        {"label": _("Who came"), "value": came_words(meeting)},
        language,
        notice,
        {"label": _("Quorum"), "value": quorum_words(meeting.members, meeting.quorum)},
    ]


def plans_ahead(actor: Actor, meeting: SchoolMeeting) -> list[tuple[str, str]]:
    """The plans that a meeting to come may be about, each with its address: those that are not closed."""
    found = [plan for plan in plans_of(actor, meeting.school_id) if plan.state is not PlanState.CLOSED]
    return [(plan_words(plan), url_for("plans.home", school_plan_id=plan.id)) for plan in found]


def quorum_words(present: int, needed: int | None) -> str:
    """Whether there were enough voting members; nothing where none are needed."""
    if needed is None:
        return ""
    words = _("Yes: %(present)d of %(needed)d needed", present=present, needed=needed)
    return words if present >= needed else _("No: %(present)d of %(needed)d needed", present=present, needed=needed)


def notice_words(meeting: SchoolMeeting) -> str:
    """The warning of a notice that came too late; nothing where it was in time."""
    if not notice_is_late(meeting):
        return ""
    return _("The notice was not posted in time for a public meeting. Have it checked before a vote counts.")


def voice_rows(found: Sequence[MeetingHeard], today: date) -> list[dict[str, Any]]:
    """What was heard as rows: what was said, what was answered, and whether it waits."""
    return [_voice_row(one, today) for one in found]


def _voice_row(one: MeetingHeard, today: date) -> dict[str, Any]:
    is_late = one.answered_on is None and one.answer_due_on < today
    due = _("Answer due %(day)s", day=day_words(one.answer_due_on))
    return {
        "theme": one.theme.label,
        "heard": one.heard,
        "answer": one.answer,
        "changed": one.changed,
        "href": url_for("meetings.heard", heard_id=one.id),
        "tag": _("Overdue") if is_late else (_("Waiting") if one.answered_on is None else _("Answered")),
        "tone": "brick" if is_late else ("sun" if one.answered_on is None else "moss"),
        "meta": due if one.answered_on is None else _("Answered %(day)s", day=day_words(one.answered_on)),
    }


def plan_panel(actor: Actor, plan: SchoolPlan) -> Shown:
    """The next meeting of the plan's school, and how many voices wait for an answer."""
    today = today_at(plan.school_id, clock.now())
    coming = next_meeting(actor, plan.school_id, today)
    waiting, overdue = unanswered_by_school(actor, today).get(plan.school_id, (0, 0))
    shown = {
        "title": meeting_title(coming) if coming else "",
        "href": url_for("meetings.meeting", school_meeting_id=coming.id) if coming else "",
        "waiting": waiting,
        "overdue": overdue,
        "school_id": plan.school_id,
    }
    return "plans/voices/meetings/panel.html", shown


pages = Pages("meetings", __name__, url_prefix="/meetings")
TAB = "meetings.of_plan"


@pages.get("")
@gate(Permission.PLANS_LIST)
def meetings() -> Page:
    """The school's meetings, those to come first, and how many voices wait for an answer."""
    actor = current_actor()
    school_id = asked_school_id(actor, *PLAN_READERS)
    if school_id is None:
        return render_template("plans/voices/meetings/no_school.html", title=_("Meetings"))

    def address(**after: Any) -> str:
        return url_for("meetings.meetings", school=school_id, **after)

    return render_template("plans/voices/meetings/list.html", **_listed(actor, school_id, address))


@pages.get("/of-plan/<int:school_plan_id>")
@gate(Permission.PLAN_READ)
def of_plan(school_plan_id: int) -> Page:
    """The same as a tab of the school's plan."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)

    def address(**after: Any) -> str:
        return url_for("meetings.of_plan", school_plan_id=plan.id, **after)

    return render_template(
        "plans/voices/meetings/tab.html", **_listed(actor, plan.school_id, address), **plan_frame(actor, plan, TAB)
    )


def _listed(actor: Actor, school_id: int, address: Callable[..., str]) -> dict[str, Any]:
    after = id_in(request.args.get("after"))
    found = meetings_of(actor, school_id, after)
    shown, today = found[:PAGE], today_at(school_id, clock.now())
    return {
        "school_id": school_id,
        "rows": meeting_rows(shown, unanswered_at(one.id for one in shown), today),
        "may_record": can(actor, Permission.MEETING_RECORD, get_school(school_id)),
        "newer": address() if after else None,
        "older": address(after=shown[-1].id) if len(found) > PAGE else None,
    }


@pages.get("/voices")
@gate(Permission.PLANS_LIST)
def voices() -> Page:
    """You said, we did: everything that was heard, what waits for an answer first."""
    actor = current_actor()
    school_id = asked_school_id(actor, *PLAN_READERS)
    if school_id is None:
        return render_template("plans/voices/meetings/no_school.html", title=_("You said, we did"))
    after = id_in(request.args.get("after"))
    found = voices_of(actor, school_id, after)
    shown = found[:PAGE]
    may_record = can(actor, Permission.MEETING_RECORD, get_school(school_id))
    rows = voice_rows([one for one, _meeting in shown], today_at(school_id, clock.now()))
    for row, (_one, meeting) in zip(rows, shown, strict=True):
        row["meeting"] = meeting_title(meeting)
    return render_template(
        "plans/voices/meetings/voices.html",
        rows=rows,
        may_work=may_record,
        newer=url_for("meetings.voices", school=school_id) if after else None,
        older=url_for("meetings.voices", school=school_id, after=shown[-1][0].id) if len(found) > PAGE else None,
    )


@pages.get("/<int:school_meeting_id>")
@gate(Permission.PLAN_READ)
def meeting(school_meeting_id: int) -> Page:
    """One meeting: its facts, what was heard, and what was answered."""
    actor = current_actor()
    row = get_meeting(actor, school_meeting_id)
    today = today_at(row.school_id, clock.now())
    return render_template(
        "plans/voices/meetings/meeting.html",
        title=meeting_title(row),
        meeting=row,
        facts=facts_of(row, today),
        warning=notice_words(row),
        voices=voice_rows(heard_at(actor, row.id), today),
        was_held=row.held_on <= today,
        plans=plans_ahead(actor, row) if row.held_on > today else [],
        may_work=can(actor, Permission.PLAN_WORK, row),
        panels=panels_for(Place.SCHOOL_MEETING, actor, row),
    )
