"""The form that says who reviews a report."""

from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.foundation.i18n import lazy_gettext as _l

NOBODY = "none"


class AssignForm(BaseForm):
    """Who reviews it."""

    assignee = radio(_l("Who reviews this report?"), (), _l("Choose who reviews it."))

    @property
    def chosen(self) -> int | None:
        """The account that was chosen; None gives the report back to everybody."""
        return None if self.assignee.data == NOBODY else int(self.assignee.data)
