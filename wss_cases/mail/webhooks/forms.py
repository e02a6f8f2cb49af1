"""The form of a webhook."""

from wtforms import SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.mail.webhooks.actions import Wanted
from wss_cases.mail.webhooks.states import CHOSEN


class WebhookForm(BaseForm):
    """What it is called, where it sends, and what it is told of."""

    name = ShortText(_l("Name"), [NotBlank(_l("Enter a name."))], limit=80)
    url = ShortText(
        _l("Address"),
        [NotBlank(_l("Enter an address."))],
        limit=500,
        description=_l("It starts with https://. Get it from the person who runs the other system."),
    )
    events = SelectMultipleField(
        _l("Told about"),
        choices=choices([*CHOSEN.items()]),
        validators=[InputRequired(_l("Choose at least one event."))],
    )
    schools = LongText(
        _l("Schools"),
        limit=10_000,
        description=_l("One code per line, as in the start of reference numbers. Blank means every school."),
    )

    def wanted(self) -> Wanted:
        """Return what the form asks for."""
        codes = dict.fromkeys((self.schools.data or "").split())
        return Wanted(self.name.data or "", self.url.data or "", self.events.data or [], list(codes))
