"""The form with which the district opens one case."""

from wtforms import ValidationError

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l

SHORTEST_REASON = 20


class ReasonForm(BaseForm):
    """A form whose `reason` is read by the school: a word is none."""

    def validate_reason(self, field: LongText) -> None:
        """Refuse a reason that is too short to say anything."""
        if len((field.data or "").strip()) < SHORTEST_REASON:
            raise ValidationError(_("Write a little more: at least %(number)s characters.", number=SHORTEST_REASON))


class OneCaseForm(ReasonForm):
    """Which case, and why."""

    reference = ShortText(
        _l("Number of the case"),
        [NotBlank(_l("Write the number of the case."))],
        limit=40,
        description=_l("As the school writes it, for example DHS-0418."),
    )
    reason = LongText(
        _l("Reason you need to see it"),
        [NotBlank(_l("Write why you need to see this case."))],
        limit=2000,
        description=_l("The school reads this as you write it. Do not name any student."),
    )
