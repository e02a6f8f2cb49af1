"""The form with which a student's past years are opened."""

from wtforms import ValidationError

from wss_cases.casework.access.one_case.forms import SHORTEST_REASON
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l


class PastForm(BaseForm):
    """Why."""

    reason = LongText(
        _l("Why you need to see past years"),
        [NotBlank(_l("Write why you need to see past years."))],
        limit=2000,
        description=_l("The school’s administrator reads this as you write it. Name no other student."),
    )

    def validate_reason(self, field: LongText) -> None:
        """A word is no reason."""
        if len((field.data or "").strip()) < SHORTEST_REASON:
            raise ValidationError(_("Say a little more: at least %(number)s characters.", number=SHORTEST_REASON))
