"""Forms of a match, a course, a review, an ending, a card; and of who mentors."""

from typing import Any

from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, choices, needs, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.states import OUTCOMES, EndReason, Pathway
from wss_cases.pathways.mentoring.course.actions import Course
from wss_cases.pathways.mentoring.mentors.forms import number_or_none
from wss_cases.pathways.mentoring.plan.states import (
    LONGEST_MINUTES,
    LONGEST_WEEKS,
    OWN_RHYTHM,
    PRESETS,
    STANDS_LABELS,
    After,
    Cadence,
    GoesOn,
    Reason,
    presets_for,
)

EARLY = "early"


class CourseForm(BaseForm):
    """Towards what, how often and how long, and when it is looked at again."""

    goal = LongText(
        _l("Goal"),
        [NotBlank(_l("Write the goal."))],
        limit=500,
        description=_l("One thing the student wants to be able to do. The mentor can see it."),
    )
    preset = RadioField(_l("How often and how long"), validators=[InputRequired(_l("Choose how often and how long."))])
    rhythm = select(_l("How often"), [("", _l("Not set")), *Cadence.labels().items()], validators=[Optional()])
    weeks = number_or_none(_l("How many weeks"), 1, LONGEST_WEEKS)
    minutes = number_or_none(_l("Minutes each time"), 1, LONGEST_MINUTES)
    starts_on = DateField(_l("First day"), validators=[InputRequired(_l("Choose the first day."))])
    review_on = DateField(_l("Next review"), validators=[Optional()])

    def offer_presets(self, kind: str) -> None:
        """Offer the rhythms that fit a kind of mentoring, and an own one."""
        own = (OWN_RHYTHM, _l("Another schedule"))
        self.preset.choices = choices([*((code, PRESETS[code].words) for code in presets_for(kind)), own])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field; an own rhythm says how often."""
        missing = self.preset.data == OWN_RHYTHM and not self.rhythm.data
        return needs(super().validate(extra_validators), self.rhythm, missing, _l("Choose how often."))

    def course(self) -> Course:
        """Return what was said; a preset gives rhythm and weeks, and its minutes where none are typed."""
        preset = PRESETS.get(self.preset.data)
        if preset is not None:
            rhythm, weeks, minutes = preset.rhythm, preset.weeks, self.minutes.data or preset.minutes
        else:
            rhythm, weeks, minutes = Cadence(self.rhythm.data), self.weeks.data, self.minutes.data
        return Course(
            goal=self.goal.data, rhythm=rhythm, weeks=weeks, minutes=minutes, starts_on=self.starts_on.data,
            review_on=self.review_on.data,
        )  # fmt: skip


class MatchForm(CourseForm):
    """Whom a student is matched with and why, and the course."""

    participant_id = SelectField(_l("Student"), validators=[Optional()])
    chosen = RadioField(_l("Possible mentors"), validators=[InputRequired(_l("Choose the mentor."))])
    reasons = SelectMultipleField(
        _l("Why this mentor"),
        choices=choices(list(Reason.labels().items())),
        validators=[InputRequired(_l("Explain why you chose this mentor."))],
    )
    agreed = radio(
        _l("Has the student said yes?"),
        [("yes", _l("Yes")), ("not_yet", _l("Not yet"))],
        _l("Answer whether the student has said yes."),
    )

    def __init__(self, *given: Any, **values: Any) -> None:
        super().__init__(*given, **values)
        for name in ("reasons", "chosen", "participant_id"):  # as they stand on the page: before the course
            self._fields.move_to_end(name, last=False)


class ReviewForm(BaseForm):
    """How the goal stands, and how it goes on."""

    stands = radio(_l("How is the goal going?"), STANDS_LABELS, _l("Answer how the goal is going."))
    goes_on = radio(_l("What happens next?"), GoesOn.labels(), _l("Choose what happens next."))
    next_on = DateField(_l("Next review"), validators=[Optional()])
    note = LongText(_l("What was said, and what changes"), [Optional()], limit=2000)


class FinishForm(BaseForm):
    """How mentoring ends, and what comes after."""

    how = radio(
        _l("How is it ending?"),
        [*OUTCOMES[Pathway.MENTORING].items(), (EARLY, _l("It is ending early"))],
        _l("Choose how it is ending."),
    )
    reason = radio(_l("Why it is ending early"), EndReason.labels())
    after = radio(_l("What comes after?"), After.labels(), _l("Write what comes after."))
    note = LongText(_l("Note"), [Optional()], description=_l("Facts only."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field; an early end has a reason."""
        missing = self.how.data == EARLY and not self.reason.data
        return needs(super().validate(extra_validators), self.reason, missing, _l("Choose the reason it is ending."))


class CardForm(BaseForm):
    """What the daily card asks, and when."""

    expectations = LongText(
        _l("Expectations"),
        [NotBlank(_l("Write at least one line."))],
        limit=500,
        description=_l("Up to five, one per line, in the student’s own words: “I keep my hands to myself”."),
    )
    periods = LongText(
        _l("Periods of the day"),
        [NotBlank(_l("Write at least one line."))],
        limit=1000,
        description=_l("Up to ten, one per line."),
    )
    goal_percent = number_or_none(_l("Goal for a day, in percent of points"), 1, 100, required=True)
