"""The form of a group's questions: choices alone, each of which may be left out."""

from collections.abc import Mapping, Sequence
from typing import Any

from wss_cases.foundation.forms import BaseForm, radio
from wss_cases.mail.family_texts.queries import Text
from wss_cases.surveys.instrument.models import SurveyQuestion
from wss_cases.surveys.instrument.queries import text_code
from wss_cases.surveys.instrument.states import VALUES, SurveyGroup


class SurveyForm(BaseForm):
    """The questions of one group, `asked` by code; made by `survey_form`."""

    asked: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, int]:
        """The answered questions with their values."""
        return {code: int(self[f"q_{code}"].data) for code in self.asked if self[f"q_{code}"].data}


def survey_form(group: SurveyGroup, questions: Sequence[SurveyQuestion], texts: Mapping[str, Text]) -> type[SurveyForm]:
    """Return the form of a group's questions in these words."""
    fields: dict[str, Any] = {"asked": tuple(one.code for one in questions)}
    for one in questions:
        scale = one.scale
        labels = [(str(value), texts[f"survey.scale.{scale}_{value}"].text) for value in VALUES[scale]]
        fields[f"q_{one.code}"] = radio(texts[text_code(group, one.code)].text, labels)
    return type("QuestionsOfSurvey", (SurveyForm,), fields)
