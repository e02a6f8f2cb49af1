"""Asking for being sent a board report."""

from typing import Any

from wtforms import RadioField
from wtforms.validators import InputRequired

from wss_cases.board.report.states import Every
from wss_cases.foundation.forms import BaseForm, choices, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.records.stored_pdfs import LANGUAGES


class DeliveryForm(BaseForm):
    """Whose report, how often, in which language; `scope` is a word of `rules_board.scope_words`."""

    scope = select(_l("Report of"), validators=[InputRequired(_l("Choose whose report you want."))])
    every = RadioField(_l("How often"), choices=choices(list(Every.labels().items())), default=Every.MONTH.value)
    language = select(_l("Language of the report"), LANGUAGES)

    def offer(self, scopes: list[tuple[str, Any]]) -> None:
        """Let these be chosen from."""
        self.scope.choices = scopes
