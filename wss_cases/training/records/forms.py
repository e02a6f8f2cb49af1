"""Forms of trainings on record, and the field for hours that every form of a training has."""

from typing import Any

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional, StopValidation

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.training.records.rules import minutes_in

DAY = _l("Choose a day.")
HOURS = _l("Enter the hours as a number above 0, at most 200.")


def check_hours(_form: Any, field: Any) -> None:
    """Stop with a message at what is no number of hours."""
    try:
        minutes_in(field.data or "")
    except ValueError as error:
        raise StopValidation(HOURS) from error


def minutes_of(field: Any) -> int | None:
    """Return the minutes of a sound field of hours; None where it is blank."""
    return minutes_in(field.data) if (field.data or "").strip() else None


class RecordForm(BaseForm):
    """A training of one member of staff."""

    user = SelectField(_l("Who was trained"), validators=[InputRequired(_l("Choose someone from this school."))])
    topic = SelectField(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    completed_on = DateField(_l("Completed on"), validators=[InputRequired(DAY)])
    hours = ShortText(_l("Hours"), [Optional(), check_hours], limit=8, description=_l("For example 1.5."))
    provider = ShortText(_l("Trained by"), [Optional()], limit=200)
    certificate = ShortText(_l("Certificate"), [Optional()], limit=120, description=_l("Its number or name."))
    valid_until = DateField(
        _l("Valid until"), validators=[Optional()], description=_l("Leave it blank if it does not expire.")
    )


class EndForm(BaseForm):
    """Until when a training counts."""

    valid_until = DateField(_l("Valid until"), validators=[InputRequired(DAY)])


class TakeBackForm(BaseForm):
    """Why a training on record was an error."""

    reason = LongText(_l("What was wrong?"), [NotBlank(_l("Explain what was wrong."))], limit=300)
