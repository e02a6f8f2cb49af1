"""Forms of a return: its plan, the re-entry meeting, the first day back, a review, and opening one by hand."""

from wtforms import BooleanField, DateField, TimeField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.reengagement.plan.states import AwayCause, MeetingMissed, ReviewAnswer

DAY = _l("Choose a day.")
HELD = "held"


class PlanForm(BaseForm):
    """What is planned with the student."""

    return_on = DateField(_l("First day back"), [Optional()], description=_l("Leave it blank while it is not known."))
    supporters = ShortText(
        _l("Who the student wants with them"),
        [Optional()],
        description=_l("Chosen by the student: family, a friend, a teacher, someone from outside."),
        limit=500,
    )
    supports = LongText(
        _l("Support for the first days"),
        [Optional()],
        description=_l("A person to go to, a calm place, a changed schedule."),
        limit=4000,
    )
    work_missed = LongText(
        _l("Missed work"),
        [Optional()],
        description=_l("What work to make up, and who brings it. It becomes a follow-up."),
        limit=4000,
    )
    agreed = BooleanField(_l("The student went through it and says yes"))


class MeetingForm(BaseForm):
    """When and where the re-entry meeting is."""

    day = DateField(_l("Day"), validators=[InputRequired(DAY)])
    time = TimeField(_l("Time"), validators=[InputRequired(_l("Choose a time."))])
    place = ShortText(_l("Place"), [NotBlank(_l("Enter where it is."))], limit=80)


class AnswerForm(BaseForm):
    """Whether the meeting happened."""

    happened = radio(
        _l("Did it take place?"),
        [(HELD, _l("Yes, it took place")), *MeetingMissed.labels().items()],
        _l("Choose what happened."),
    )


class BackForm(BaseForm):
    """The first day back."""

    on = DateField(_l("First day back"), validators=[InputRequired(DAY)])


class ReviewForm(BaseForm):
    """How the return goes."""

    answer = radio(_l("How is it going?"), ReviewAnswer.labels(), _l("Choose how it is going."))
    note = LongText(
        _l("Note"), [Optional()], description=_l("Required if more is needed, or the student is not back."), limit=2000
    )


class OpenForm(BaseForm):
    """A return that no removal opens."""

    cause = radio(
        _l("Where is the student returning from?"),
        [(cause, AwayCause(cause).label) for cause in (AwayCause.LONG_ABSENCE, AwayCause.PLACEMENT)],
        _l("Choose where from."),
    )
    away_from = DateField(_l("First day away"), [Optional()])
    return_on = DateField(_l("First day back"), [Optional()])
