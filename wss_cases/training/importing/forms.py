"""Forms of a file of trainings."""

from wtforms import FileField, HiddenField

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l


class TrainingFileForm(BaseForm):
    """The file."""

    file = FileField(_l("CSV file of trainings"))


class CarryOutForm(BaseForm):
    """The confirmation of a file, with the digest of the rows that the page showed."""

    shown = HiddenField()
