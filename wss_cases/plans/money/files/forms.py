"""Forms of a file of money."""

from collections.abc import Sequence

from wtforms import FileField, HiddenField

from wss_cases.foundation.forms import BaseForm, ConfirmField, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.plans.money.files.states import FileKind


class MoneyFileForm(BaseForm):
    """The file, and what its rows are."""

    kind = radio(_l("What the rows are"), FileKind, _l("Choose what the rows are."))
    file = FileField(_l("CSV file"))

    def offer(self, kinds: Sequence[FileKind]) -> None:
        """Give the form the kinds of files that this person brings; a single one is chosen already."""
        self.kind.choices = choices([(one.value, one.label) for one in kinds])
        if len(kinds) == 1 and not self.is_submitted():
            self.kind.data = kinds[0].value


class CarryOutForm(BaseForm):
    """The confirmation of a file, with how many rows the page showed, and that the names in them may be kept."""

    shown = HiddenField()
    anyway = ConfirmField(_l("Save it anyway"))

    @property
    def shown_rows(self) -> int:
        """How many rows the page showed; 0 for what is no number."""
        return id_in(self.shown.data) or 0
