"""Forms of the record of disclosures."""

from wtforms import BooleanField, DateField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class DisclosureForm(BaseForm):
    """Who asked, who got what, why, when."""

    asked_by = ShortText(_l("Who asked for it"), [NotBlank(_l("Write who asked for it."))])
    told_whom = ShortText(_l("Who received it"), [NotBlank(_l("Write who received it."))])
    told_on = DateField(_l("On which day"), validators=[InputRequired(_l("Choose a day."))])
    what = LongText(
        _l("What was disclosed"),
        [NotBlank(_l("Write what was disclosed."))],
        limit=500,
        description=_l("What kind of thing, for example attendance this year; not what it says."),
    )
    interest = ShortText(_l("Their legitimate interest"), [NotBlank(_l("Write why they may have it."))], limit=300)
    purpose = ShortText(_l("What they will use it for"), [NotBlank(_l("Write what they will use it for."))], limit=300)
    of_housing = BooleanField(
        _l("It mentions a need for housing: only the coordinator can read who received it and why")
    )
