"""The form of a return."""

from wtforms import DateField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText
from wss_cases.foundation.i18n import lazy_gettext as _l


class PlanForm(BaseForm):
    """When the student returns, and what supports the first days."""

    return_on = DateField(_l("First day back"), validators=[InputRequired(_l("Choose a day."))])
    supports = LongText(_l("What supports the first days"), [Optional()], limit=500)
