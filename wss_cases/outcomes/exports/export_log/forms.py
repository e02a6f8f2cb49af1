"""The form with which somebody takes a file."""

from wtforms import ValidationError

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l

SHORTEST_REASON = 10


class ExportForm(BaseForm):
    """Why."""

    reason = LongText(_l("Why you need the file"), [NotBlank(_l("Write why you need the file."))], limit=1000)

    def validate_reason(self, field: LongText) -> None:
        """A word is no reason."""
        if len((field.data or "").strip()) < SHORTEST_REASON:
            raise ValidationError(_("Write a little more: at least %(number)s characters.", number=SHORTEST_REASON))
