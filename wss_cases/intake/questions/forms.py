"""The form of the next row for a kind of report."""

from wtforms import SelectMultipleField

from wss_cases.foundation.forms import DatedRowForm, choices
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.intake.questions.states import CHOICE


class QuestionsForm(DatedRowForm):
    """Which questions stand open."""

    questions = SelectMultipleField(_l("Questions always shown"), choices=choices(list(CHOICE.items())))
