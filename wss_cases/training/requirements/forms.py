"""Forms of the district's requirements."""

from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import STAFF
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation.forms import BaseForm, ShortText, radio, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.training.requirements.states import Shape

ROLES = [("", _l("Choose one")), *((role.value, ROLE_LABELS[role]) for role in ROLE_LABELS if role in STAFF)]


class RequirementForm(BaseForm):
    """A new requirement."""

    topic = select(_l("Training"), validators=[InputRequired(_l("Choose the training."))])
    shape = radio(_l("What is required"), Shape, _l("Choose what is required."))
    role = select(_l("Role"), ROLES, description=_l("Only for a requirement of every person."))
    months = IntegerField(
        _l("Months until it is due again"), [Optional()], description=_l("Only for a requirement of every person.")
    )
    minimum = IntegerField(
        _l("Trained people at each school"), [Optional()], description=_l("Only for a requirement of each school.")
    )
    source = ShortText(
        _l("Source"), [Optional()], limit=300, description=_l("The law, policy, or letter that says so.")
    )
    confirmed = radio(
        _l("Is it confirmed?"),
        {"yes": _l("Confirmed"), "no": _l("Needs legal review")},
        _l("Answer whether it is confirmed."),
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])


class EndRequirementForm(BaseForm):
    """Until when a requirement is in force."""

    ends_on = DateField(_l("Last day"), [InputRequired(_l("Enter the last day."))])
