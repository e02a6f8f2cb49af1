"""The form in which somebody types the code on the wall."""

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class CodeForm(BaseForm):
    """The code on the wall."""

    code = ShortText(_l("Code on the wall"), [NotBlank(_l("Type the code."))], limit=20)
