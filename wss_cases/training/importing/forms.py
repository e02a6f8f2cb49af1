"""The form of a file of trainings."""

from wtforms import FileField

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l


class TrainingFileForm(BaseForm):
    """The file."""

    file = FileField(_l("CSV file of trainings"))
