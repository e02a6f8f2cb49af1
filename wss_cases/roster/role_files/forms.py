"""The form of a file of roles."""

from wtforms import FileField

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l


class RoleFileForm(BaseForm):
    """The file."""

    file = FileField(_l("CSV file of roles"))
