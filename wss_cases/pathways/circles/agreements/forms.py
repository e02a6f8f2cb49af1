"""Forms of agreements."""

from wtforms import DateField, FieldList, Form, FormField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.states import TERM_LABELS, TermState


class TermRow(Form):
    """One promise; an empty row is left out."""

    text = LongText(_l("What was agreed"), [Optional()], limit=1000)
    owner = SelectField(_l("Who does it"), validators=[Optional()])
    due_on = DateField(_l("Until when"), validators=[Optional()])
    evidence = ShortText(_l("What counts as done"), [Optional()], limit=300)


class AgreementForm(BaseForm):
    """The terms of an agreement."""

    terms = FieldList(FormField(TermRow), min_entries=2, max_entries=12)


class MarkForm(BaseForm):
    """What became of a term."""

    state = RadioField(
        _l("What became of it?"),
        choices=choices(
            [(state, words) for state, words in TERM_LABELS.items() if state is not TermState.OPEN]
        ),
        validators=[InputRequired(_l("Choose what became of it."))],
    )
