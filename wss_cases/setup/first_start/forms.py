"""The form of a first start."""

from datetime import time

from wtforms import TimeField
from wtforms.validators import InputRequired

from wss_cases.accounts.account.pages import address_field
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.school_time import DEFAULT_ZONE, time_zones


class SetupForm(BaseForm):
    """The district, and the two who begin."""

    district = ShortText(_l("Name of the district"), [NotBlank(_l("Enter the name of the district."))])
    time_zone = select(_l("Time zone"), default=DEFAULT_ZONE)
    first_bell = TimeField(_l("First bell"), [InputRequired(_l("Enter the time."))], default=time(8))
    last_bell = TimeField(_l("Last bell"), [InputRequired(_l("Enter the time."))], default=time(15))
    name_1 = ShortText(_l("Name of the first administrator"), [NotBlank(_l("Enter the person’s name."))])
    email_1 = address_field(_l("Email address of the first administrator"))
    name_2 = ShortText(_l("Name of the second administrator"), [NotBlank(_l("Enter the person’s name."))])
    email_2 = address_field(_l("Email address of the second administrator"))

    def offer_zones(self) -> None:
        """Offer every time zone, those of this country first."""
        self.time_zone.choices = choices([(zone, zone.replace("_", " ")) for zone in time_zones()])
