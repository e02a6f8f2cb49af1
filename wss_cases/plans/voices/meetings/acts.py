"""Acts on meetings: writing one down, correcting it, what was heard there, and the school's answer."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import url_for
from wtforms import BooleanField, DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import ConfirmField, LongText, PlainForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import _, _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Subject
from wss_cases.journal.extension_points import react
from wss_cases.journal.rooms import Panel, Place, PlanColumn, PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.mentoring.mentors import number_or_none
from wss_cases.plans.plan.core.queries import PLAN_READERS
from wss_cases.plans.voices.meetings import models, queries
from wss_cases.plans.voices.meetings.models import (
    ANSWER_DAYS,
    COUNCIL_QUORUM,
    LANGUAGES,
    LONGEST_TOPIC,
    CameGroup,
    MeetingHeard,
    MeetingType,
    SchoolMeeting,
    Theme,
    themes_on,
    too_few_words,
)
from wss_cases.plans.voices.meetings.pages import TAB, meeting_title, pages, plan_panel
from wss_cases.plans.voices.meetings.queries import get_heard, get_meeting, goals_and_steps
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import languages_by_name
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import names_at_school, refuse_names

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


PAGE: dict[str, Any] = {"button": _l("Save"), "trail": _trail, "boxed": False}


@pages.act(
    "/new", Subject(School, _own_school), MeetingForm, Permission.MEETING_RECORD, adds=True, endpoint="new",
    title=_l("Write down a meeting"), then=lambda _school, meeting_id: _address(meeting_id), template=FORM,
    start=lambda school: {"held_on": today_at(school.id, clock.now()), "languages": ["en"]}, **PAGE,
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
    start=lambda meeting: {name: getattr(meeting, name) for name in COLUMNS}, **PAGE,
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
    title=_l("What was heard"), then=lambda meeting, _id: _address(meeting.id), template=HEARD, **PAGE,
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
    template=HEARD, **PAGE,
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
    sentences=models.SENTENCES,
    loaders={"meeting": queries.load_meeting, "meeting_heard": queries.load_heard},
    plan_tabs=(PlanTab(TAB, _l("Meetings"), 70, Permission.PLAN_READ),),
    plan_columns=(PlanColumn("unanswered", _l("Unanswered voices"), 60, queries.unanswered_counts, tone="sun"),),
    panels=(Panel(Place.PLAN, 70, plan_panel),),
)
