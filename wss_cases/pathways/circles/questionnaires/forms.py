"""Forms of questionnaires."""

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.mail.family_texts.queries import Text
from wss_cases.pathways.circles.questionnaires.states import VALUES, Question


class MakeForm(BaseForm):
    """Who gets a link, on which occasion, in which language."""

    occasion = RadioField(_l("When it is asked"), validators=[InputRequired(_l("Choose when it is asked."))])
    people = SelectMultipleField(_l("Who is asked"), validators=[InputRequired(_l("Check who is asked."))], choices=[])
    language = SelectField(_l("Language"), validators=[Optional()])


class Questions(BaseForm):
    """The questions of one questionnaire, `asked` by code; made by `questions_form`."""

    asked: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, int]:
        """The answered questions with their values."""
        return {code: int(self[f"q_{code}"].data) for code in self.asked if self[f"q_{code}"].data}


def questions_form(answerer: str, questions: Iterable[Question], texts: Mapping[str, Text]) -> type[Questions]:
    """Return the form of a questionnaire in the words of these texts. Every question may be left out."""
    fields: dict[str, Any] = {"asked": tuple(one.code for one in questions)}
    for one in questions:
        labels = [(str(value), texts[f"scale.{one.scale}.{value}"].text) for value in VALUES[one.scale]]
        fields[f"q_{one.code}"] = radio(texts[f"question.{answerer}.{one.code}"].text, labels)
    free = texts["questionnaire_free"]
    fields["said"] = LongText(free.title, [Optional()], limit=4000, description=free.text)
    return type("QuestionsForm", (Questions,), fields)
