"""Words and rows of meetings, and their forms as they are first shown."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Shown
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_words
from wss_cases.plans.plan.core.queries import plans_of
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.plans.voices.meetings.forms import AnswerForm, HeardForm, MeetingForm
from wss_cases.plans.voices.meetings.models import MeetingHeard, SchoolMeeting
from wss_cases.plans.voices.meetings.queries import goals_and_steps, next_meeting, unanswered_by_school
from wss_cases.plans.voices.meetings.rules import came_to, notice_is_late, themes_on
from wss_cases.plans.voices.meetings.states import LANGUAGES, Theme
from wss_cases.roster.directory.pages import languages_by_name

SHORT = 80
"""Letters of a goal or a step that a choice shows."""


def meeting_form(today: date, meeting: SchoolMeeting | None = None) -> MeetingForm:
    """Return the form of a new meeting, today's, or of one that stands, whose themes are written one by one."""
    form = MeetingForm(obj=meeting) if meeting else MeetingForm(held_on=today, languages=["en"])
    form.languages.choices = choices(languages_by_name([*LANGUAGES, *(meeting.languages if meeting else ())]))
    if meeting:
        del form.themes
    else:
        form.themes.choices = choices([(one.value, one.label) for one in themes_on(today)])
    return form


def heard_form(meeting: SchoolMeeting) -> HeardForm:
    """Return the form of one more thing that was heard at a meeting."""
    form = HeardForm()
    _offer_themes(form, meeting)
    return form


def answer_form(row: MeetingHeard, meeting: SchoolMeeting) -> AnswerForm:
    """Return the form of what was heard, with its answer."""
    form = AnswerForm(obj=row, goal=str(row.goal_id or ""), step=str(row.step_id or ""))
    _offer_themes(form, meeting, row.theme)
    goals, steps = goals_and_steps(row.school_id)
    goal, step = (form.goal, goals, row.goal_id, _("No goal")), (form.step, steps, row.step_id, _("No step"))
    for field, rows, chosen, nothing in (goal, step):
        field.choices = choices([("", nothing), *((str(number), _short(words)) for number, words in rows)])
        if chosen is not None and chosen not in dict(rows):
            field.choices.extend(choices([(str(chosen), _("One of an earlier plan"))]))
    return form


def _offer_themes(form: HeardForm, meeting: SchoolMeeting, *more: Theme) -> None:
    offered = dict.fromkeys((*themes_on(meeting.held_on), *more))
    form.theme.choices = choices([(one.value, one.label) for one in offered])


def _short(words: str) -> str:
    return words if len(words) <= SHORT else f"{words[: SHORT - 1]}…"


def meeting_title(meeting: SchoolMeeting) -> str:
    """Return what a meeting is called: its kind and its day."""
    return dotted(str(meeting.kind.label), day_words(meeting.held_on))


def meeting_rows(found: Sequence[SchoolMeeting], waiting: dict[int, int], today: date) -> list[dict[str, Any]]:
    """Return meetings as rows of a list: who came, and how many voices wait."""
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
    """Return who came, by group; nothing where nobody is counted."""
    return ", ".join(f"{group.label}: {number}" for group, number in came_to(meeting).items() if number)


def facts_of(meeting: SchoolMeeting, today: date) -> list[dict[str, Any]]:
    """Return the facts of a meeting as rows of label and value; before its day nobody has come yet."""
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
    """Return the plans that a meeting to come may be about, each with its address: those that are not closed."""
    found = [plan for plan in plans_of(actor, meeting.school_id) if plan.state is not PlanState.CLOSED]
    return [(plan_words(plan), url_for("plans.home", school_plan_id=plan.id)) for plan in found]


def quorum_words(present: int, needed: int | None) -> str:
    """Return whether there were enough voting members; nothing where none are needed."""
    if needed is None:
        return ""
    words = _("Yes: %(present)d of %(needed)d needed", present=present, needed=needed)
    return words if present >= needed else _("No: %(present)d of %(needed)d needed", present=present, needed=needed)


def notice_words(meeting: SchoolMeeting) -> str:
    """Return the warning of a notice that came too late; nothing where it was in time."""
    if not notice_is_late(meeting):
        return ""
    return _("The notice was not posted in time for a public meeting. Have it checked before a vote counts.")


def voice_rows(found: Sequence[MeetingHeard], today: date) -> list[dict[str, Any]]:
    """Return what was heard as rows: what was said, what was answered, and whether it waits."""
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
    """Return the next meeting of the plan's school, and how many voices wait for an answer."""
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
