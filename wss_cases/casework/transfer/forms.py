"""The form of a case that follows a student."""

from wtforms import BooleanField, SelectMultipleField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, radio
from wss_cases.foundation.i18n import lazy_gettext as _l

GOES_ON, CLOSES = "goes_on", "closes"


class MoveForm(BaseForm):
    """What goes along to the new school, and what becomes of the case here."""

    pathways = SelectMultipleField(
        _l("Pathways to offer again at the new school"),
        choices=[],
        validators=[Optional()],
        description=_l("They start over there: the student and the family are asked again. Here they end."),
    )
    terms = SelectMultipleField(
        _l("What the student promised and still needs to do"),
        choices=[],
        validators=[Optional()],
        description=_l("Only their own promises; names of other children are left out."),
    )
    plan = BooleanField(_l("The safety plan, as a draft"))
    note = LongText(
        _l("Note for the new school"),
        [NotBlank(_l("Write what the new school needs to know."))],
        limit=4000,
        description=_l(
            "What helps and what to watch for. No name of another child, and nothing that was said in a circle."
        ),
    )
    here = radio(
        _l("And the case here"),
        [(GOES_ON, _l("It continues for the others")), (CLOSES, _l("It will be closed next"))],
        _l("Choose what happens to the case here."),
    )
