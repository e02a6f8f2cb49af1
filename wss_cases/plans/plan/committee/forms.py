"""The form of one entry of a committee."""

from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from wss_cases.foundation.forms import BaseForm, ShortText, filled, pick
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.plans.plan.committee.actions import Seat
from wss_cases.plans.plan.committee.models import LONGEST_NAME
from wss_cases.plans.plan.committee.states import MemberGroup
from wss_cases.plans.plan.core.forms import no_student_named

MOST_PEOPLE = 500


class MemberForm(BaseForm):
    """Who sits there, for whom, and since when."""

    member_group = pick(_l("Group"), MemberGroup.labels(), _l("Choose a group."))
    name = ShortText(_l("Name"), limit=LONGEST_NAME, description=_l("Leave it empty for students."))
    organization = ShortText(_l("Organization"), limit=LONGEST_NAME)
    people = IntegerField(
        _l("How many people"), [Optional(), NumberRange(1, MOST_PEOPLE, _l("Enter a whole number, at least 1."))]
    )
    starts_on = DateField(_l("Member since"), [InputRequired(_l("Choose a day."))])
    ends_on = DateField(_l("Last day"), validators=[Optional()])
    named_yes_on = DateField(
        _l("Written consent to be named publicly, given on"),
        validators=[Optional()],
        description=_l("Without it the public page shows the group only."),
    )
    anyway = no_student_named()

    @property
    def seat(self) -> Seat:
        """What the sound form says."""
        return filled(self, Seat, member_group=MemberGroup(self.member_group.data), people=self.people.data or 1)
