"""The form with which a student's past years are opened."""

from wss_cases.casework.access.one_case.forms import ReasonForm
from wss_cases.foundation.forms import LongText, NotBlank
from wss_cases.foundation.i18n import lazy_gettext as _l


class PastForm(ReasonForm):
    """Why."""

    reason = LongText(
        _l("Reason you need to see past years"),
        [NotBlank(_l("Write why you need to see past years."))],
        limit=2000,
        description=_l("The school’s administrator reads this as you write it. Do not name any other student."),
    )
