"""The form that opens support without an incident."""

from typing import Any

from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, needs, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.common.forms import number
from wss_cases.pathways.mentoring.opening.actions import Support
from wss_cases.pathways.mentoring.opening.states import OPENED_WITHOUT_INCIDENT, AgreedHow, AgreedWho, Because
from wss_cases.routing.engine.pages import Kind


class OpenForm(BaseForm):
    """What, why, and who of the family agreed."""

    kind = radio(
        _l("What is opened?"), [(one, one.label) for one in OPENED_WITHOUT_INCIDENT], _l("Choose what is opened.")
    )
    because = radio(_l("Why?"), Because, _l("Choose why."))
    why = LongText(
        _l("The reason, in a sentence"),
        [NotBlank(_l("Enter the reason in a sentence."))],
        limit=500,
        description=_l("What the student needs. No incident and no other student."),
    )
    agreed_who = radio(_l("Who in the family agreed?"), AgreedWho, _l("Enter who agreed."))
    guardian_id = SelectField(_l("Which parent or guardian?"), validators=[Optional()])
    agreed_how = radio(_l("How did they agree?"), AgreedHow, _l("Write how they agreed."))
    agreed_on = DateField(_l("When did they agree?"), validators=[InputRequired(_l("Choose a day."))])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field; a guardian is named."""
        missing = self.agreed_who.data == AgreedWho.GUARDIAN and not self.guardian_id.data
        return needs(super().validate(extra_validators), self.guardian_id, missing, _l("Choose who agreed."))

    def support(self) -> Support:
        """Return what was said."""
        who = AgreedWho(self.agreed_who.data)
        return Support(
            kind=Kind(self.kind.data),
            because=Because(self.because.data),
            why=self.why.data,
            agreed_who=who,
            guardian_id=number(self.guardian_id.data) if who is AgreedWho.GUARDIAN else None,
            agreed_how=AgreedHow(self.agreed_how.data),
            agreed_on=self.agreed_on.data,
        )
