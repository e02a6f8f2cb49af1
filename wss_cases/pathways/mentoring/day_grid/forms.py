"""The forms of the daily grid: the whole day at once, or one cell."""

from wtforms.validators import InputRequired, Length

from wss_cases.foundation.forms import BaseForm, ShortText


class DayForm(BaseForm):
    """The whole grid: its cells have names of their own (see `rules.place_in`)."""


class CellForm(BaseForm):
    """One cell: its name, what was chosen, and what it showed before ('' for nothing)."""

    cell = ShortText(validators=[InputRequired()], limit=80)
    value = ShortText(validators=[Length(max=10)])
    seen = ShortText(validators=[Length(max=10)])
