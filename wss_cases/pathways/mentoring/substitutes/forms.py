"""Forms of codes for substitutes: making one, and typing one."""

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class MakeForm(BaseForm):
    """For whose period, and on which day."""

    period = SelectField(_l("Whose period?"), validators=[InputRequired(_l("Choose the period."))])
    on_day = DateField(_l("Day"), validators=[InputRequired(_l("Choose a day."))])


class TypeForm(BaseForm):
    """The code as it stands on the slip."""

    code = ShortText(_l("Code"), [NotBlank(_l("Type the code from your slip."))], limit=80)
