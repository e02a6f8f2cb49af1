"""Forms of training sessions."""

from typing import Any

from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in, numbers_in
from wss_cases.training.records.forms import DAY, HOURS, check_hours, minutes_of
from wss_cases.training.records.states import Because
from wss_cases.training.sessions.actions import Planned


class SessionForm(BaseForm):
    """A session."""

    topic = select(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    held_on = DateField(_l("Day"), [InputRequired(DAY)])
    hours = ShortText(_l("Hours"), [NotBlank(HOURS), check_hours], limit=8, description=_l("For example 1.5."))
    partner = select(_l("Partner from the directory"), validators=[Optional()])
    provider = ShortText(_l("Or given by"), [Optional()], limit=200)

    @property
    def planned(self) -> Planned:
        """What the sound form says."""
        assert self.held_on.data is not None
        minutes, partner_id = minutes_of(self.hours) or 0, id_in(self.partner.data)
        return Planned(self.topic.data, self.held_on.data, minutes, self.provider.data or "", partner_id)


class CancelForm(BaseForm):
    """Why a session is canceled."""

    because = radio(_l("Why is it canceled?"), Because, _l("Choose why it is canceled."))
    reason = LongText(_l("What happened?"), [NotBlank(_l("Explain what happened."))], limit=300)


class SignInForm(BaseForm):
    """Who was there."""

    people = SelectMultipleField(_l("Who was there"), validators=[Optional()])

    def user_ids(self) -> list[int]:
        """Return the ids of those who were ticked."""
        ticked: list[Any] = self.people.data or []
        return numbers_in(ticked, most=len(ticked) or 1)
