"""Who answers for privacy, and what a written agreement says."""

from wtforms import DateField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import lazy_gettext as _l


class LeadForm(BaseForm):
    """Whom to name."""

    user_id = radio(_l("Who is responsible for privacy?"), [], _l("Choose a person."))

    def offer(self, people: list[tuple[int, str]]) -> None:
        """Offer these people."""
        self.user_id.choices = choices([(str(number), name) for number, name in people])


class AgreementForm(BaseForm):
    """What the signed paper says."""

    receiver = ShortText(
        _l("Receiver"), [NotBlank(_l("Enter the receiver’s name."))],
        description=_l("The organization, as the agreement names it, for example a university"),
    )  # fmt: skip
    purpose = LongText(
        _l("What it may use the files for"), [NotBlank(_l("Enter what the agreement allows."))], limit=2000
    )
    reference = ShortText(
        _l("Document reference"), [NotBlank(_l("Enter the number of the signed document."))], limit=120
    )
    signed_by = ShortText(_l("Who signed it, for both sides"), [NotBlank(_l("Enter who signed."))])
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])
    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the last day."))])
