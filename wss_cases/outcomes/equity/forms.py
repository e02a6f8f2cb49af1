"""The form that sets the smallest figures of groups."""

from wtforms import DateField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.outcomes.equity.states import LEAST_CELL, MOST_CELL, MOST_GROUP

_CELL = _l("Enter a number from 5 to 100.")
_GROUP = _l("Enter a number from 5 to 1000.")


class MinimumForm(BaseForm):
    """How many students, and for which school years."""

    cell = IntegerField(
        _l("Smallest cell: different students"),
        [InputRequired(_CELL), NumberRange(LEAST_CELL, MOST_CELL, _CELL)],
        description=_l(
            "Figures for fewer students at a stage are not shown. Federal rules for comparing groups allow at most 10."
        ),
    )
    group = IntegerField(
        _l("Smallest group: students enrolled"),
        [InputRequired(_GROUP), NumberRange(LEAST_CELL, MOST_GROUP, _GROUP)],
        description=_l("A smaller group has no row. Federal rules for comparing groups allow at most 30."),
    )
    starts_on = DateField(
        _l("For school years that start on this day or later"),
        [InputRequired(_l("Enter the first day."))],
        description=_l("A school year keeps the numbers it started with, so that no two tables can be compared."),
    )
