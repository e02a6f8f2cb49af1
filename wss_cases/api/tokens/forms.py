"""The form with which a district administrator asks for a token."""

from typing import Any

from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.api.tokens.states import Reach, Scope
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import lazy_gettext as _l


class TokenForm(BaseForm):
    """What it is for, what it reads, of which schools, and until when."""

    name = ShortText(
        _l("Which system is it for?"), [NotBlank(_l("Name the system."))], limit=80,
        description=_l("For example: district data warehouse, nightly load"),
    )  # fmt: skip
    scopes = SelectMultipleField(
        _l("What may it read?"), [InputRequired(_l("Choose at least one."))],
        choices=choices(list(Scope.labels().items())),
    )  # fmt: skip
    reach = radio(_l("Of which schools?"), Reach, _l("Choose of which schools."))
    network = SelectField(_l("Network"), choices=[], description=_l("Only for the schools of one network"))
    schools = LongText(
        _l("Schools"), description=_l("Only for some schools: the number or code of each, one per line"), limit=8000
    )
    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the last day, at most a year from now."))])

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for what the chosen schools need."""
        sound = super().validate(extra_validators)
        no_network = self.reach.data == Reach.NETWORK and not self.network.data
        sound = needs(sound, self.network, no_network, _l("Choose a network."))
        no_school = self.reach.data == Reach.SOME and not (self.schools.data or "").split()
        return needs(sound, self.schools, no_school, _l("Name at least one school."))
