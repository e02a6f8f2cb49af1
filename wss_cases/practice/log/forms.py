"""The form of the practice log: buttons, no typing."""

from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.mentoring.mentors.forms import number_or_none
from wss_cases.practice.log.actions import Held
from wss_cases.practice.log.models import LONGEST_PLACE
from wss_cases.practice.log.rules import group_in
from wss_cases.practice.log.states import Leader, PracticeKind, Purpose

MINUTES = (10, 15, 20, 30, 45, 60, 90)
MOST = 2000


class PracticeForm(BaseForm):
    """What was held, for whom, for how long."""

    kind = radio(_l("Kind"), PracticeKind, _l("Choose what it was."))
    group = RadioField(_l("Who was there"), [InputRequired(_l("Choose a class or a grade."))])
    students = number_or_none(_l("Students"), 0, MOST, required=True)
    adults = number_or_none(_l("Adults"), 0, MOST, required=True)
    minutes = radio(_l("Minutes"), [(str(one), str(one)) for one in MINUTES], _l("Choose how long it took."))
    purpose = radio(_l("Why"), Purpose)
    place = ShortText(
        _l("Another class or place"), limit=LONGEST_PLACE, description=_l("Such as Room 204. No student names.")
    )
    held_on = DateField(_l("Day"), [InputRequired(_l("Choose a day."))])
    led_by = SelectField(_l("Who led it"), [InputRequired(_l("Choose who led it."))])

    plan = SelectField(_l("Plan"), [Optional()], choices=[])

    @property
    def held(self) -> Held:
        """What the sound form says."""
        grade, place = group_in(self.group.data)
        by_staff = self.led_by.data.isdigit()
        return Held(
            held_on=self.held_on.data,
            kind=PracticeKind(self.kind.data),
            purpose=Purpose(self.purpose.data) if self.purpose.data else None,
            grade=grade,
            place=(self.place.data or "").strip() or place,
            leader=Leader.STAFF if by_staff else Leader(self.led_by.data),
            led_by_id=int(self.led_by.data) if by_staff else None,
            students=self.students.data,
            adults=self.adults.data,
            minutes=int(self.minutes.data),
            plan_id=int(self.plan.data) if self.plan.data else None,
        )
