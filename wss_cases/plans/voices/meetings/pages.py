"""Pages of meetings and "You said, we did": writing a meeting down, what was heard there, and the school's answer."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import render_template, request, url_for
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import ConfirmField, LongText, PlainForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, message_page
from wss_cases.foundation.school_time import day_words, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.extension_points import panels_for, react
from wss_cases.journal.rooms import Panel, Place, PlanColumn, PlanTab, Room, Shown
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.mentoring.mentors import number_or_none
from wss_cases.plans.plan.core.models import PLAN_READERS, PlanState, SchoolPlan, get_plan, plans_of
from wss_cases.plans.plan.core.pages import plan_frame, plan_words
from wss_cases.plans.voices.meetings.models import (
    ANSWER_DAYS,
    COUNCIL_QUORUM,
    LANGUAGES,
    LONGEST_TOPIC,
    PAGE,
    SENTENCES,
    CameGroup,
    MeetingHeard,
    MeetingType,
    SchoolMeeting,
    Theme,
    came_to,
    get_heard,
    get_meeting,
    goals_and_steps,
    heard_at,
    load_heard,
    load_meeting,
    meetings_of,
    next_meeting,
    notice_is_late,
    themes_on,
    too_few_words,
    unanswered_at,
    unanswered_by_school,
    unanswered_counts,
    voices_of,
)
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import languages_by_name
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import names_at_school, refuse_names


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


def _no_school(title: str) -> Page:
    return message_page(title, _("No school is chosen."), _("Choose a school above to see its plans."))


@pages.get("")
@gate(Permission.PLANS_LIST)
def meetings() -> Page:
    """The school's meetings, those to come first, and how many voices wait for an answer."""
    actor = current_actor()
    school_id = asked_school_id(actor, *PLAN_READERS)
    if school_id is None:
        return _no_school(_("Meetings"))

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
        return _no_school(_("You said, we did"))
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


FORM, HEARD = "plans/voices/meetings/form.html", "plans/voices/meetings/heard.html"
MEETING = Subject(SchoolMeeting, get_meeting)
COLUMNS = (
    "kind", "held_on", "students", "families", "staff", "community", "languages", "interpreter", "members", "quorum",
    "notice_on", "topic",
)  # fmt: skip
SHORT = 80
"""Letters of a goal or a step that a choice shows."""


def _own_school(actor: Actor) -> School:
    return existing(get_school(existing(asked_school_id(actor, *PLAN_READERS))))


def _address(meeting_id: int) -> str:
    return url_for("meetings.meeting", school_meeting_id=meeting_id)


def _trail(record: Any) -> list[tuple[Any, str]]:
    home = (_("Meetings"), url_for("meetings.meetings"))
    if isinstance(record, School):
        return [home]
    meeting = record if isinstance(record, SchoolMeeting) else get_meeting(current_actor(), record.meeting_id)
    return [home, (meeting_title(meeting), _address(meeting.id))]


MOST_CAME = 5000
LONGEST_HEARD = 1000


class MeetingForm(PlainForm):
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

    def fit(self, record: School | SchoolMeeting) -> None:
        """Offer languages, and for a new meeting themes. The themes of one that stands are written one by one."""
        spoken = record.languages if isinstance(record, SchoolMeeting) else ()
        self.languages.choices = choices(languages_by_name([*LANGUAGES, *spoken]))
        if isinstance(record, SchoolMeeting):
            del self.themes
        else:
            offered = themes_on(today_at(record.id, clock.now()))
            self.themes.choices = choices([(theme.value, theme.label) for theme in offered])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that the notice comes before the meeting."""
        sound = super().validate(extra_validators)
        late = sound and self.notice_on.data is not None and self.notice_on.data > self.held_on.data
        return needs(sound, self.notice_on, late, _("The notice comes before the meeting."))

    def write(self, uow: UnitOfWork, meeting: SchoolMeeting) -> None:
        """Set the meeting's columns; nobody counted is nobody. Raises Refused for what does not fit its day."""
        held_on, kind, quorum = self.held_on.data, MeetingType(self.kind.data), self.quorum.data
        numbers = {group.value: self[group.value].data or 0 for group in CameGroup}
        topic = self.topic.data.strip()
        if held_on > today_at(meeting.school_id, uow.now) and any(numbers.values()):
            raise Refused("held_on", _("This day is still to come: no one can have come yet."))
        least = COUNCIL_QUORUM.on(held_on) if kind is MeetingType.COUNCIL else 1
        if quorum not in (None, meeting.quorum) and quorum < least:
            raise Refused("quorum", too_few_words(least))
        if names_at_school(meeting.school_id, topic):
            raise Refused("topic", _("Leave out student names."))
        for name, value in numbers.items():
            setattr(meeting, name, value)
        meeting.kind, meeting.held_on, meeting.notice_on, meeting.topic = kind, held_on, self.notice_on.data, topic
        meeting.languages, meeting.interpreter = list(self.languages.data), self.interpreter.data
        meeting.members, meeting.quorum = self.members.data or 0, quorum


ACT: dict[str, Any] = {"button": _l("Save"), "trail": _trail, "boxed": False}


@pages.act(
    "/new", Subject(School, _own_school), MeetingForm, Permission.MEETING_RECORD, adds=True, endpoint="new",
    title=_l("Write down a meeting"), then=lambda _school, meeting_id: _address(meeting_id), template=FORM,
    start=lambda school: {"held_on": today_at(school.id, clock.now()), "languages": ["en"]}, **ACT,
)  # fmt: skip
def record_meeting(uow: UnitOfWork, school: School, form: MeetingForm) -> int:
    """Write down a meeting and the themes that were heard there."""
    meeting = SchoolMeeting(school_id=school.id, recorded_at=uow.now, recorded_by_id=uow.actor.user_id)
    form.write(uow, meeting)
    if form.themes.data and meeting.held_on > today_at(school.id, uow.now):
        raise Refused("themes", _("This meeting has not been held yet."))
    uow.record(meeting, "meeting.recorded")
    for theme in form.themes.data:
        _hear(uow, meeting, Theme(theme))
    return meeting.id


@pages.act(
    "/<int:school_meeting_id>/change", MEETING, MeetingForm, Permission.PLAN_WORK, endpoint="change",
    title=_l("Change the meeting"), then=lambda meeting, _id: _address(meeting.id), template=FORM,
    start=lambda meeting: {name: getattr(meeting, name) for name in COLUMNS}, **ACT,
)  # fmt: skip
def change_meeting(uow: UnitOfWork, meeting: SchoolMeeting, form: MeetingForm) -> None:
    """Correct a meeting. Refused for a day to come of one that was held, and where a vote taken there would not fit."""
    if meeting.held_on <= today_at(meeting.school_id, uow.now) < form.held_on.data:
        raise Refused("held_on", _("This meeting was held already. Choose today or an earlier day."))
    form.write(uow, meeting)
    react(uow, "meeting.changed", meeting)
    uow.record(meeting, "meeting.changed")


class HeardForm(PlainForm):
    """One thing that was heard."""

    theme = radio(_l("Theme"), (), _l("Choose a theme of the list."))
    heard = LongText(
        _l("What was heard"), [Optional()], LONGEST_HEARD,
        description=_l("In a sentence. It stays inside the school: only the theme is ever published."),
    )  # fmt: skip
    answer_due_on = DateField(_l("Answer due by"), [Optional()])
    anyway = ConfirmField(_l("No student is named in this text"))

    def fit(self, record: SchoolMeeting) -> None:
        """Offer the themes of the meeting's day."""
        self.offer(themes_on(record.held_on))

    def offer(self, themes: Iterable[Theme]) -> None:
        """Offer these themes."""
        self.theme.choices = choices([(theme.value, theme.label) for theme in themes])


@pages.act(
    "/<int:school_meeting_id>/heard", MEETING, HeardForm, Permission.PLAN_WORK, adds=True, endpoint="hear",
    title=_l("What was heard"), then=lambda meeting, _id: _address(meeting.id), template=HEARD, **ACT,
)  # fmt: skip
def write_heard(uow: UnitOfWork, meeting: SchoolMeeting, form: HeardForm) -> int:
    """Write down one thing that was heard at a meeting."""
    if meeting.held_on > today_at(meeting.school_id, uow.now):
        raise Refused("theme", _("This meeting has not been held yet."))
    heard = form.heard.data.strip()
    refuse_names(meeting.school_id, form.anyway.data, heard)
    return _hear(uow, meeting, Theme(form.theme.data), heard, form.answer_due_on.data)


def _hear(uow: UnitOfWork, meeting: SchoolMeeting, theme: Theme, heard: str = "", due_on: date | None = None) -> int:
    """Add one thing that was heard; without a day of its own its answer is due as the district's setting says."""
    if theme not in themes_on(meeting.held_on):
        raise Refused("theme", _("Choose a theme of the list."))
    today = today_at(meeting.school_id, uow.now)
    due = due_on or today + timedelta(days=ANSWER_DAYS.on(today))
    if due < meeting.held_on:
        raise Refused("answer_due_on", _("Choose a day after the meeting."))
    row = MeetingHeard(
        school_id=meeting.school_id, meeting_id=meeting.id, theme=theme, heard=heard, answer_due_on=due,
        recorded_at=uow.now, recorded_by_id=uow.actor.user_id,
    )  # fmt: skip
    uow.record(row, "meeting.heard")
    return row.id


class AnswerForm(HeardForm):
    """What was heard, and what the school answers."""

    answer = LongText(
        _l("Our answer"), [Optional()], LONGEST_HEARD,
        description=_l("It can be published as “You said, we did”. No names, please."),
    )  # fmt: skip
    changed = LongText(_l("What changed"), [Optional()], LONGEST_HEARD)
    goal = SelectField(_l("Goal of the plan"), [Optional()])
    step = SelectField(_l("Step of the plan"), [Optional()])

    def fit(self, record: Any) -> None:
        """Offer the themes of the meeting's day, and the goals and steps of the school's plan."""
        meeting = db.session.get_one(SchoolMeeting, record.meeting_id)
        self.offer(dict.fromkeys((*themes_on(meeting.held_on), record.theme)))
        goals, steps = goals_and_steps(record.school_id)
        goal, step = (self.goal, goals, record.goal_id, _("No goal")), (self.step, steps, record.step_id, _("No step"))
        for field, rows, chosen, nothing in (goal, step):
            field.choices = choices([("", nothing), *((str(number), _short(words)) for number, words in rows)])
            if chosen is not None and chosen not in dict(rows):
                field.choices.extend(choices([(str(chosen), _("One of an earlier plan"))]))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that what changed comes with an answer."""
        follows = any(field.data.strip() for field in (self.changed, self.goal, self.step))
        sound = super().validate(extra_validators)
        return needs(sound, self.answer, follows and not self.answer.data.strip(), _("Write the answer first."))


def _short(words: str) -> str:
    return words if len(words) <= SHORT else f"{words[: SHORT - 1]}…"


def _answer_now(row: MeetingHeard) -> dict[str, Any]:
    texts = {name: getattr(row, name) for name in ("theme", "heard", "answer_due_on", "answer", "changed")}
    return texts | {"goal": str(row.goal_id or ""), "step": str(row.step_id or "")}


@pages.act(
    "/heard/<int:heard_id>", Subject(MeetingHeard, get_heard), AnswerForm, Permission.PLAN_WORK, endpoint="heard",
    title=lambda row: row.theme.label, then=lambda row, _id: _address(row.meeting_id), start=_answer_now,
    template=HEARD, **ACT,
)  # fmt: skip
def answer_heard(uow: UnitOfWork, row: MeetingHeard, form: AnswerForm) -> None:
    """Correct what was heard, and write or change the answer; an empty one makes it wait again."""
    heard, answer, changed = (field.data.strip() for field in (form.heard, form.answer, form.changed))
    refuse_names(row.school_id, form.anyway.data, heard, answer, changed)
    today = today_at(row.school_id, uow.now)  # read before the row changes: an answer is written with its day
    first_answer = bool(answer) and row.answered_on is None
    row.theme, row.heard = Theme(form.theme.data), heard
    row.answer_due_on = form.answer_due_on.data or row.answer_due_on
    row.answer, row.changed = answer, changed
    row.goal_id, row.step_id = id_in(form.goal.data), id_in(form.step.data)
    row.answered_on = (row.answered_on or today) if answer else None
    uow.record(row, "meeting.answered" if first_answer else "meeting.heard_changed")


ROOM = Room(
    pages=(pages,),
    sentences=SENTENCES,
    loaders={"meeting": load_meeting, "meeting_heard": load_heard},
    plan_tabs=(PlanTab(TAB, _l("Meetings"), 70, Permission.PLAN_READ),),
    plan_columns=(PlanColumn("unanswered", _l("Unanswered voices"), 60, unanswered_counts, tone="sun"),),
    panels=(Panel(Place.PLAN, 70, plan_panel),),
)
