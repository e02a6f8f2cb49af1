"""The quick log of a restorative conversation."""

from wtforms import DateField, RadioField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.states import OUTCOMES
from wss_cases.routing.states import Pathway


class LogForm(BaseForm):
    """When, how it went, and a repair step if there is one."""

    outcome = RadioField(
        _l("How did it go?"),
        choices=choices(list(OUTCOMES[Pathway.RESTORATIVE_CONVERSATION].items())),
        validators=[InputRequired(_l("Choose how it went."))],
    )
    held_on = DateField(_l("When"), validators=[InputRequired(_l("Choose a day."))])
    repair = ShortText(
        _l("Repair step"), [Optional()], description=_l("What the person does to put it right.")
    )
    repair_on = DateField(_l("Until when"), validators=[Optional()])
    note = LongText(_l("Note"), [Optional()], limit=2000)
