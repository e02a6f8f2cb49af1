"""Forms of a school's calendar: what a day is declared to be."""

from wtforms import HiddenField, TimeField
from wtforms.validators import Length, Optional

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.directory.rules import DayKind

SAY_LABELS = {DayKind.CLOSED: _l("No school"), DayKind.HALF: _l("Half day"), DayKind.SCHOOL: _l("There is school")}


class DayForm(BaseForm):
    """What the day is, why, and when a half day ends; `seen` is what the page showed."""

    kind = radio(
        _l("Type of day"), [(kind.value, label) for kind, label in SAY_LABELS.items()], _l("Choose the type of day.")
    )
    last_bell = TimeField(_l("Last bell of the half day"), validators=[Optional()])
    label = ShortText(
        _l("Why"),
        [NotBlank(_l("Enter the reason in a few words. It appears beside everything that moves."))],
        limit=120,
        description=_l("For example: snow day, no heating. No names."),
    )
    seen = HiddenField(validators=[Length(max=80)])


class TakeBackForm(BaseForm):
    """Taking back what was declared."""

    seen = HiddenField(validators=[Length(max=80)])
