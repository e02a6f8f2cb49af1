"""Forms of accounts from the roster."""

from wtforms import DateField, IntegerField, RadioField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import ROLE_LABELS
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.roster.staff_accounts.actions import LARGEST
from wss_cases.roster.staff_accounts.rules import GIVEN

NO_ROLE = "none"


class RuleForm(BaseForm):
    """What a role of the roster gives."""

    staff_role = SelectField(_l("Role in the roster"), choices=[], validators=[InputRequired(_l("Choose a role."))])
    school_id = SelectField(_l("School"), choices=[], validators=[Optional()])
    role = RadioField(
        _l("Role here"),
        choices=choices([*((role.value, ROLE_LABELS[role]) for role in GIVEN), (NO_ROLE, _l("No account"))]),
        validators=[InputRequired(_l("Choose a role."))],
    )
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])

    @property
    def chosen_role(self) -> Role | None:
        """The role here, or None for no account."""
        return None if self.role.data == NO_ROLE else Role(self.role.data)

    @property
    def chosen_school(self) -> int | None:
        """The chosen school's id, or None for any."""
        return id_in(self.school_id.data)


class WaveForm(BaseForm):
    """How many people are invited."""

    size = IntegerField(
        _l("How many people"),
        [InputRequired(_l("Enter a number.")), NumberRange(1, LARGEST, _l("Enter a number from 1 to %(max)s."))],
        default=50,
    )
