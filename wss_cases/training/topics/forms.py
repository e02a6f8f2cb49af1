"""The form of a topic."""

from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText
from wss_cases.foundation.i18n import lazy_gettext as _l


class TopicForm(BaseForm):
    """A new topic."""

    name_en = ShortText(_l("Name in English"), [NotBlank(_l("Enter the name in English."))], limit=120)
    name_es = ShortText(_l("Name in Spanish"), [NotBlank(_l("Enter the name in Spanish."))], limit=120)


class ChangeTopicForm(TopicForm):
    """A topic that is on the list."""

    ends_on = DateField(
        _l("Last day on the list"),
        [Optional()],
        description=_l("Leave it blank to keep it. Trainings already recorded stay."),
    )
