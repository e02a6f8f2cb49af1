"""Forms of a file of trainings."""

from wtforms import FileField, HiddenField

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in


class TrainingFileForm(BaseForm):
    """The file."""

    file = FileField(_l("CSV file of trainings"))


class CarryOutForm(BaseForm):
    """The confirmation of a file, with how many rows the page showed."""

    shown = HiddenField()

    @property
    def shown_rows(self) -> int:
        """How many rows the page showed; 0 for what is no number."""
        return id_in(self.shown.data) or 0
