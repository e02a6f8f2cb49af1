"""The form that names a keeper from outside."""

from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class OutsideKeeperForm(BaseForm):
    """Who, and of which partner organization."""

    partner = SelectField(
        _l("Partner"),
        [InputRequired(_l("Choose a partner whose agreement is in force."))],
        description=_l("Partners whose agreement with the district is in force."),
    )
    name = ShortText(_l("Name"), [NotBlank(_l("Write the name."))])
