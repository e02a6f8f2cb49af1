"""The form of a mentoring plan."""

from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class PlanForm(BaseForm):
    """Who mentors, towards what, how often."""

    mentor_name = ShortText(_l("Mentor"), [NotBlank(_l("Write who mentors."))])
    goal = LongText(_l("Goal"), [Optional()], limit=500)
    cadence = ShortText(
        _l("How often"), [Optional()], limit=60, description=_l("For example: every week for 27 weeks.")
    )
