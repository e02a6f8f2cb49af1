"""The form that closes a step."""

from wtforms import DateField, RadioField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.core.forms import no_student_named


class StepForm(BaseForm):
    """How it went, when, and what shows it."""

    outcome = RadioField(_l("How did it go?"), validators=[InputRequired(_l("Choose how it went."))])
    on_day = DateField(_l("On which day?"), validators=[Optional()])
    evidence = LongText(_l("What shows it?"), limit=4000)
    anyway = no_student_named()
