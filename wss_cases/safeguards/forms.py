"""The form of police notifications."""

from wtforms import DateTimeLocalField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.states import MANNER_LABELS
from wss_cases.safeguards.states import CHANNEL_LABELS, DOOR_LABELS

_MOMENT = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_PICK = ("", _l("Choose one"))


class NotificationForm(BaseForm):
    """One police notification that was made."""

    door = select(
        _l("Why were the police told?"),
        [_PICK, *DOOR_LABELS.items()],
        validators=[InputRequired(_l("Say why the police were told."))],
    )
    duty_id = select(_l("Which legal duty requires it"), coerce=str)
    notified_at = DateTimeLocalField(
        _l("When were they told?"), [InputRequired(_l("Say when they were told."))], format=_MOMENT
    )
    told_whom = ShortText(_l("Who was told"), [NotBlank(_l("Say who was told."))])
    channel = select(_l("How"), [_PICK, *CHANNEL_LABELS.items()])
    report_number = ShortText(_l("Report number"), limit=80)
    guardian_told_at = DateTimeLocalField(_l("When was the guardian told?"), [Optional()], format=_MOMENT)
    guardian_manner = select(_l("How was the guardian told?"), [_PICK, *MANNER_LABELS.items()])
    student_ids = SelectMultipleField(_l("Students the police were told about"), coerce=int)
    note = LongText(_l("What followed"))
