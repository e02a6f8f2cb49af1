"""Forms of circles."""

from wtforms import (
    DateField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TimeField,
)
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.states import NOT_HELD_LABELS

YES_NO = [("yes", _l("Yes")), ("no", _l("No"))]
ANSWER = _l("Choose yes or no.")
DAY = _l("Choose a day.")


class ConsentForm(BaseForm):
    """What one party said about taking part."""

    consented = RadioField(
        _l("Does this person wish to take part?"),
        choices=choices(YES_NO),
        validators=[InputRequired(ANSWER)],
        description=_l(
            "Asked by the keeper, after support was offered. A no needs no reason and can come at any time."
        ),
    )
    guardian = RadioField(
        _l("Does the guardian consent?"),
        choices=choices([*YES_NO, ("not_asked", _l("Not asked, or not needed"))]),
        default="not_asked",
        validators=[Optional()],
    )
    given_on = DateField(_l("On which day"), validators=[InputRequired(DAY)])


class LiftForm(BaseForm):
    """Why a hold's condition is met."""

    reason = LongText(
        _l("Why is the condition met?"), [NotBlank(_l("Say why the condition is met."))], limit=2000
    )


class MeetingForm(BaseForm):
    """Day, time, room and keeper."""

    day = DateField(_l("Day"), validators=[InputRequired(DAY)])
    time = TimeField(_l("Time"), validators=[InputRequired(_l("Choose a time."))])
    room = ShortText(_l("Room"), [NotBlank(_l("Write the room."))], limit=80)
    keeper = SelectField(
        _l("Circle keeper"), validators=[InputRequired(_l("Choose a keeper from this school."))]
    )


class AnswerForm(BaseForm):
    """Did it happen, and who came."""

    happened = RadioField(_l("Did it happen?"), choices=choices(YES_NO), validators=[InputRequired(ANSWER)])
    attended = SelectMultipleField(_l("If yes: who came?"), validators=[Optional()])
    reason = RadioField(
        _l("If no: why not?"), choices=choices(list(NOT_HELD_LABELS.items())), validators=[Optional()]
    )
