"""The quick log of a restorative conversation."""

from typing import Any

from wtforms import DateField
from wtforms.validators import InputRequired, Optional, ValidationError

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, radio
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.states import OUTCOMES
from wss_cases.pathways.conversations.states import OTHER, REPAIR_LABELS
from wss_cases.routing.engine.pages import Pathway


class LogForm(BaseForm):
    """How it went, a repair step if there is one, and when; prefilled, so that most need two taps."""

    outcome = radio(_l("How did it go?"), OUTCOMES[Pathway.RESTORATIVE_CONVERSATION], _l("Choose how it went."))
    repair_kind = radio(_l("Repair step"), REPAIR_LABELS)
    repair = ShortText(_l("In their words"), description=_l("What the person does to repair the harm."))
    repair_on = DateField(_l("Due by"), validators=[Optional()])
    held_on = DateField(_l("When"), validators=[InputRequired(_l("Choose a day."))])
    note = LongText(
        _l("Note"), [Optional()], description=_l("Facts only; never what was said in a circle."), limit=2000
    )

    def validate_repair(self, field: Any) -> None:
        """Something else needs its words."""
        if self.repair_kind.data == OTHER and not (field.data or "").strip():
            raise ValidationError(_("Write what the repair is."))

    def repair_text(self) -> str:
        """Return the repair step in words; nothing when none was agreed."""
        typed = str(self.repair.data or "")
        if typed.strip() or not self.repair_kind.data:
            return typed
        return str(REPAIR_LABELS[self.repair_kind.data])
