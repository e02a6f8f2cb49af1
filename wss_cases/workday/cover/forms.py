"""Forms of the desk: handing cases over, and cover while away."""

from wtforms import DateField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l

DAY = _l("Choose a day.")


class HandOverManyForm(BaseForm):
    """Which cases, to whom, with one note for all of them."""

    cases = SelectMultipleField(
        _l("Which cases"), validators=[InputRequired(_l("Choose at least one case."))], choices=[]
    )
    to = SelectField(_l("Who takes them over"), validators=[InputRequired(_l("Choose who takes the cases over."))])
    note = LongText(
        _l("Note for the next person"),
        [NotBlank(_l("Write what the next person needs to know."))],
        limit=4000,
        description=_l("It is noted in each of these cases."),
    )


class CoverForm(BaseForm):
    """Who is away, who stands in, and from when to when."""

    user = SelectField(_l("Who is away"), validators=[InputRequired(_l("Choose who is away."))])
    cover = SelectField(_l("Who is covering"), validators=[InputRequired(_l("Choose who is covering."))])
    starts_on = DateField(_l("From"), validators=[InputRequired(DAY)])
    ends_on = DateField(_l("Through"), validators=[InputRequired(DAY)])
    note = ShortText(
        _l("Note"), [Optional()], limit=500, description=_l("For example, where to find something. No student names.")
    )
