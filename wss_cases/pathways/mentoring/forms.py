"""The form of a mentoring plan."""

from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText
from wss_cases.foundation.i18n import lazy_gettext as _l


class PlanForm(BaseForm):
    """Who mentors, towards what, how often."""

    goal = LongText(_l("Goal"), [Optional()], limit=500)
