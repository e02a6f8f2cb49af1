"""Forms of requests for a circle."""

from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.practice.requests.states import Became


class AnswerForm(BaseForm):
    """What a request became, other than a circle."""

    became = radio(
        _l("Result"), [(one.value, one.label) for one in Became if one is not Became.CIRCLE], _l("Choose the result.")
    )


class NewLinkForm(BaseForm):
    """A new link for the school: one button."""
