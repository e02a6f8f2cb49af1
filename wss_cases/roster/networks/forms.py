"""Forms of networks."""

from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class NetworkForm(BaseForm):
    """The name of a network."""

    name = ShortText(_l("Name"), [NotBlank(_l("Enter a name."))], limit=80)


class MoveForm(BaseForm):
    """The network of a school."""

    network = SelectField(_l("Network"), choices=[], validators=[InputRequired(_l("Choose a network."))])
