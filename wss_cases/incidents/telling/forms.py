"""The one form on which a yes is written down, for a call and for a notice."""

from collections.abc import Iterable

from wtforms import SelectMultipleField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, select
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.incidents.incident.rules import person_words
from wss_cases.incidents.telling.actions import Yes

ASK_ALONE = _l(
    "Ask the student the words are about, alone, whether this family may be told. Without that student’s own yes, "
    "they stay out."
)


class MayTellForm(BaseForm):
    """Whose family is told what, whom the words concern, and who of them agrees."""

    person = select(_l("Which family is told?"), validators=[InputRequired(_l("Choose the student."))])
    told = ShortText(
        _l("What may the family be told?"),
        [NotBlank(_l("Write what the family may be told."))],
        description=_l("The words you may say on the call, for example: girlfriend. Everything else stays out."),
    )
    concerns = SelectMultipleField(
        _l("Who are these words about?"), description=_l("Words about a child who is not listed stay out.")
    )
    agreed = SelectMultipleField(_l("Who agrees, when asked alone?"))

    def offer(self, people: Iterable[IncidentPerson]) -> None:
        """Let the students of a report be chosen."""
        students = choices([(str(one.id), person_words(one)) for one in people if one.student_id is not None])
        self.person.choices = self.concerns.choices = self.agreed.choices = students

    def given(self) -> Yes:
        """Return whom the words concern, and who of them agreed."""
        return Yes(*(tuple(int(one) for one in field.data or ()) for field in (self.concerns, self.agreed)))
