"""The form of one component's questions: a text for each, with what the page had shown of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import Field, HiddenField

from wss_cases.foundation.forms import BaseForm, LongText
from wss_cases.plans.plan.answers.rules import Written, digest_of
from wss_cases.plans.plan.core.forms import no_student_named
from wss_cases.plans.plan.templates.models import PlanQuestion


class AnswersForm(BaseForm):
    """Its fields are made for the questions: `answer_1` and `shown_1` of the question 1."""

    anyway = no_student_named()

    def text_of(self, question_id: int) -> Field:
        """The field of a question's text."""
        return self[f"answer_{question_id}"]

    def shown_of(self, question_id: int) -> Field:
        """The hidden field of what the page had shown."""
        return self[f"shown_{question_id}"]

    def written(self, questions: Sequence[PlanQuestion]) -> dict[int, Written]:
        """Return what the sound form says, by question."""
        return {one.id: _written(self.text_of(one.id).data or "", self.shown_of(one.id).data) for one in questions}

    def show_again(self, question_ids: Sequence[int], standing: Mapping[int, Any]) -> None:
        """Let the form go out once more with both texts read: the next save of these questions stands."""
        for question_id in question_ids:
            field, text = self.shown_of(question_id), standing[question_id].text
            field.data = f"{standing[question_id].version}:{digest_of(text)}"
            field.raw_data = [field.data]


def answers_form(questions: Sequence[PlanQuestion], standing: Mapping[int, Any]) -> AnswersForm:
    """Return the form of these questions with the stored answers."""
    fields: dict[str, Field] = {}
    shown: dict[str, str] = {}
    for one in questions:
        text, version = (standing[one.id].text, standing[one.id].version) if one.id in standing else ("", 0)
        fields[f"answer_{one.id}"] = LongText(one.text)
        fields[f"shown_{one.id}"] = HiddenField()
        shown |= {f"answer_{one.id}": text, f"shown_{one.id}": f"{version}:{digest_of(text)}"}
    form: AnswersForm = type("QuestionsForm", (AnswersForm,), fields)(**shown)
    return form


def _written(text: str, shown: str | None) -> Written:
    version, _colon, digest = (shown or "").partition(":")
    return Written(text, int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0, digest)
