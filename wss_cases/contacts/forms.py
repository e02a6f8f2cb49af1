"""Forms of a school's contacts."""

from wtforms import DateField, SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.contacts.states import TeamRole
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l


class SergeantForm(BaseForm):
    """One contact of the school at the police."""

    police_district = ShortText(_l("Police district"), [NotBlank(_l("Enter the police district."))], limit=40)
    name = ShortText(_l("Name"), [NotBlank(_l("Enter the name."))])
    phone = ShortText(_l("Phone"), [NotBlank(_l("Enter the phone number."))], limit=60)


class TeamForm(BaseForm):
    """One filing of the threat-assessment team."""

    filed_on = DateField(_l("Filed on"), [InputRequired(_l("Choose a day."))])
    roles = SelectMultipleField(
        _l("Who sits on the team"),
        choices=choices(list(TeamRole.labels().items())),
        validators=[InputRequired(_l("Choose who sits on the team."))],
        description=_l("Roles only. No one on the team gets access to any record."),
    )


class RouteForm(BaseForm):
    """One Safe Passage route."""

    place = ShortText(_l("Place"), [NotBlank(_l("Enter where the adults stand."))])
    hours = ShortText(_l("Hours"), [NotBlank(_l("Enter the hours."))], limit=120)
    vendor = ShortText(_l("Vendor"), [NotBlank(_l("Enter the vendor."))])
