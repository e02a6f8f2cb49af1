"""The form that says how long past years stay in view."""

from wtforms import DateField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import Role
from wss_cases.accounts.account.states import ROLE_LABELS
from wss_cases.accounts.visibility.rules import MOST_YEARS, WINDOWED_ROLES
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import lazy_gettext as _l


class VisibilityWindowForm(BaseForm):
    """For one role: how many school years, and from which day on."""

    role = SelectField(
        _l("Role"),
        [InputRequired(_l("Choose a role."))],
        choices=choices([(role.value, ROLE_LABELS[role]) for role in WINDOWED_ROLES]),
    )
    school_years = IntegerField(
        _l("School years shown"),
        [
            InputRequired(_l("Enter a number from 1 to 60.")),
            NumberRange(1, MOST_YEARS, _l("Enter a number from 1 to 60.")),
        ],
        description=_l("1 means only the current school year."),
    )
    starts_on = DateField(_l("From"), [InputRequired(_l("Enter the first day."))])

    @property
    def chosen(self) -> Role:
        """The role; the choices hold no other."""
        return Role(self.role.data)
