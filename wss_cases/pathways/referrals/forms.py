"""The form of a referral."""

from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class PlanForm(BaseForm):
    """To which partner it goes, and when it was sent."""

    partner = ShortText(_l("Partner organisation"), [NotBlank(_l("Write which partner."))])
    sent_on = DateField(_l("Sent on"), validators=[Optional()])
