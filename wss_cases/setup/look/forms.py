"""The form of a picture."""

from wtforms import FileField

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l


class PictureForm(BaseForm):
    """The file."""

    file = FileField(_l("Picture"))
