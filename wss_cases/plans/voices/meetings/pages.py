"""Pages of meetings: the list, a meeting, what was heard, and "You said, we did"."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText, ShortText, choices, radio
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Panel, Place, PlanColumn, PlanTab, Room, Shown
from wss_cases.pathways.mentoring.mentors.pages import number_or_none
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import plan_frame, plan_words
from wss_cases.plans.plan.core.queries import PLAN_READERS, get_plan, plans_of
from wss_cases.plans.voices.meetings import actions, queries, rules
from wss_cases.plans.voices.meetings.actions import Answer, Held, Voice
from wss_cases.plans.voices.meetings.queries import (
    PAGE,
    get_heard,
    get_meeting,
    goals_and_steps,
    heard_at,
    meetings_of,
    next_meeting,
    unanswered_at,
    unanswered_by_school,
    voices_of,
)
from wss_cases.plans.voices.meetings.rules import (
    LANGUAGES,
    LONGEST_TOPIC,
    MeetingHeard,
    MeetingType,
    SchoolMeeting,
    Theme,
    came_to,
    notice_is_late,
    themes_on,
)
from wss_cases.roster.directory.pages import languages_by_name
from wss_cases.roster.directory.queries import get_school

MOST_CAME = 5000
LONGEST_HEARD = 1000


class MeetingForm(BaseForm):
    """A meeting: what kind, when, who came."""

    kind = radio(_l("Kind of meeting"), MeetingType, _l("Choose the kind of meeting."))
    held_on = DateField(_l("Day of the meeting"), [InputRequired(_l("Choose a day."))])
    students = number_or_none(_l("Students"), 0, MOST_CAME)
    families = number_or_none(_l("Parents and guardians"), 0, MOST_CAME)
    staff = number_or_none(_l("School staff"), 0, MOST_CAME)
    community = number_or_none(_l("Community and partners"), 0, MOST_CAME)
    themes = SelectMultipleField(_l("What was heard"), [Optional()])
    languages = SelectMultipleField(_l("Languages"), [Optional()])
    interpreter = BooleanField(_l("There was an interpreter"))
    members = number_or_none(_l("Voting members who were there"), 0, MOST_CAME)
    quorum = number_or_none(_l("Members needed for a quorum"), 1, MOST_CAME)
    notice_on = DateField(_l("Notice posted on"), [Optional()])
    topic = ShortText(
        _l("What it was about"), [Optional()], LONGEST_TOPIC, description=_l("A few words. No names, please.")
    )

    @property
    def held(self) -> Held:
        """What the sound form says; nobody counted is nobody."""
        return Held(
            kind=MeetingType(self.kind.data),
            held_on=self.held_on.data,
            notice_on=self.notice_on.data,
            topic=(self.topic.data or "").strip(),
            languages=list(self.languages.data or []),
            interpreter=bool(self.interpreter.data),
            students=self.students.data or 0,
            families=self.families.data or 0,
            staff=self.staff.data or 0,
            community=self.community.data or 0,
            members=self.members.data or 0,
            quorum=self.quorum.data,
        )


class HeardForm(BaseForm):
    """One thing that was heard."""

    theme = radio(_l("Theme"), (), _l("Choose a theme of the list."))
    heard = LongText(
        _l("What was heard"), [Optional()], LONGEST_HEARD,
        description=_l("In a sentence. It stays inside the school: only the theme is ever published."),
    )  # fmt: skip
    answer_due_on = DateField(_l("Answer due by"), [Optional()])
    anyway = ConfirmField(_l("No student is named in this text"))

    @property
    def voice(self) -> Voice:
        """What the sound form says."""
        return Voice(Theme(self.theme.data), (self.heard.data or "").strip(), self.answer_due_on.data)


class AnswerForm(HeardForm):
    """What was heard, and what the school answers."""

    answer = LongText(
        _l("Our answer"), [Optional()], LONGEST_HEARD,
        description=_l("It can be published as “You said, we did”. No names, please."),
    )  # fmt: skip
    changed = LongText(_l("What changed"), [Optional()], LONGEST_HEARD)
    goal = SelectField(_l("Goal of the plan"), [Optional()])
    step = SelectField(_l("Step of the plan"), [Optional()])

    @property
    def answered(self) -> Answer:
        """The answer that the sound form says."""
        return Answer(
            (self.answer.data or "").strip(),
            (self.changed.data or "").strip(),
            id_in(self.goal.data),
            id_in(self.step.data),
        )


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


blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")
FORM = "plans/voices/meetings/form.html"
TAB = "meetings.of_plan"


def _home() -> tuple[Any, str]:
    return _("Meetings"), url_for("meetings.meetings")


@blueprint.get("")
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


@blueprint.get("/of-plan/<int:school_plan_id>")
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


@blueprint.get("/voices")
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


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.MEETING_RECORD)
def new() -> Page:
    """Write down a meeting in two minutes: taps and numbers, and the themes that were heard."""
    actor = current_actor()
    school_id = existing(asked_school_id(actor, *PLAN_READERS))
    form = meeting_form(today_at(school_id, clock.now()))
    title, home = _("Write down a meeting"), _home()
    words = {"title": title, "go_words": _("Save"), "crumbs": [home, (title, None)], "back_href": home[1]}
    return act_form(
        form,
        lambda call: actions.record_meeting(call, school_id, form.held, [Theme(one) for one in form.themes.data or ()]),
        lambda meeting_id: url_for("meetings.meeting", school_meeting_id=meeting_id),
        words,
        FORM,
    )


@blueprint.get("/<int:school_meeting_id>")
@gate(Permission.PLAN_READ)
def meeting(school_meeting_id: int) -> Page:
    """One meeting: its facts, what was heard, and what was answered."""
    actor = current_actor()
    row = _loaded(school_meeting_id)
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


@blueprint.route("/<int:school_meeting_id>/heard", methods=["GET", "POST"])
@gate(Permission.PLAN_WORK)
def hear(school_meeting_id: int) -> Page:
    """Write down one more thing that was heard."""
    row = _loaded(school_meeting_id)
    form = heard_form(row)
    return act_form(
        form,
        lambda call: actions.write_heard(call, row.id, form.voice, bool(form.anyway.data)),
        _here(row),
        _words(_("What was heard"), row),
        "plans/voices/meetings/heard.html",
    )


def _here(row: SchoolMeeting) -> str:
    return url_for("meetings.meeting", school_meeting_id=row.id)


def _words(title: Any, row: SchoolMeeting) -> dict[str, Any]:
    """Return what stands beside a form about a meeting."""
    here = _here(row)
    crumbs = [_home(), (meeting_title(row), here), (title, None)]
    return {"title": title, "go_words": _("Save"), "crumbs": crumbs, "back_href": here}


@blueprint.route("/<int:school_meeting_id>/change", methods=["GET", "POST"])
@gate(Permission.PLAN_WORK)
def change(school_meeting_id: int) -> Page:
    """Correct a meeting; what stood there stays in the audit log."""
    row = _loaded(school_meeting_id)
    form = meeting_form(today_at(row.school_id, clock.now()), row)
    words = _words(_("Change the meeting"), row)
    return act_form(form, lambda call: actions.change_meeting(call, row.id, form.held), _here(row), words, FORM)


def _loaded(school_meeting_id: int) -> SchoolMeeting:
    return get_meeting(current_actor(), school_meeting_id)


@blueprint.route("/heard/<int:heard_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WORK)
def heard(heard_id: int) -> Page:
    """What was heard, and the school's answer: what changed, and where in the plan."""
    row = get_heard(current_actor(), heard_id)
    meeting_row = _loaded(row.meeting_id)
    form = answer_form(row, meeting_row)
    return act_form(
        form,
        lambda call: actions.answer_heard(call, row.id, form.voice, form.answered, bool(form.anyway.data)),
        _here(meeting_row),
        _words(row.theme.label, meeting_row),
        "plans/voices/meetings/heard.html",
    )


ROOM = Room(
    pages=(blueprint,),
    sentences=rules.SENTENCES,
    loaders={"meeting": queries.load_meeting, "meeting_heard": queries.load_heard},
    plan_tabs=(PlanTab(TAB, _l("Meetings"), 70, Permission.PLAN_READ),),
    plan_columns=(PlanColumn("unanswered", _l("Unanswered voices"), 60, queries.unanswered_counts, tone="sun"),),
    panels=(Panel(Place.PLAN, 70, plan_panel),),
)
