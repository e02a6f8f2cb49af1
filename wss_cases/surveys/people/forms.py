"""The form on which a school records what a family said about the survey."""

from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import lazy_gettext as _l

YES, NO = "yes", "no"


class PartForm(BaseForm):
    """Whether a student takes part."""

    takes_part = radio(
        _l("Does this student take part in school surveys?"),
        {YES: _l("Yes"), NO: _l("No, the family opted out")},
        _l("Choose an answer."),
        description=_l("A student who takes part may still leave out any question, or all of them."),
    )
