"""The form of a school's bell times."""

from wtforms import TimeField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import DatedRowForm
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.roster.calendar.bells.queries import WEEKDAYS, Bells


class BellsForm(DatedRowForm):
    """The bells of a week; its fields are made below, two for each weekday."""

    def bells(self) -> list[Bells]:
        """Return the bells as they were sent."""
        return [(self[f"first{weekday}"].data, self[f"last{weekday}"].data) for weekday in WEEKDAYS]


for _weekday in WEEKDAYS:
    for _name, _label in (("first", _l("First bell")), ("last", _l("Last bell"))):
        setattr(BellsForm, f"{_name}{_weekday}", TimeField(_label, [InputRequired(_l("Enter the time."))]))
