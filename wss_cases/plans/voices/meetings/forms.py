"""Forms of meetings: a few taps on a phone, and what was heard one by one."""

from wtforms import BooleanField, DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.pathways.mentoring.mentors.pages import number_or_none
from wss_cases.plans.voices.meetings.actions import Answer, Held, Voice
from wss_cases.plans.voices.meetings.models import LONGEST_TOPIC
from wss_cases.plans.voices.meetings.states import MeetingType, Theme

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
