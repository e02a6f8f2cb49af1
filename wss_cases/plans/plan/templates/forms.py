"""The form of the template's next version: the questions there are, and room for new ones."""

from collections.abc import Sequence
from typing import Any, Final

from wtforms import BooleanField, DateField, HiddenField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.plans.plan.templates.models import PlanQuestion
from wss_cases.plans.plan.templates.rules import LONGEST_QUESTION, QuestionContent
from wss_cases.plans.plan.templates.states import Component

NEW: Final = 3
"""Empty questions at the end of the form; one that stays empty is none."""


class TemplateForm(BaseForm):
    """Its fields are made for the questions: `text_1`, `text_es_1`, `component_1` and `required_1` of the first."""

    seen_id = HiddenField()
    starts_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])
    note = ShortText(_l("What changes, and why"), limit=600)

    @property
    def seen(self) -> int:
        """The newest version when the page was shown; 0 for none."""
        return id_in(str(self.seen_id.data or "")) or 0

    def questions(self, old: Sequence[PlanQuestion]) -> list[QuestionContent]:
        """Return what the sound form says; a question without a text is taken out."""
        codes = [*(question.code for question in old), *[""] * NEW]
        return [
            QuestionContent(
                code,
                Component(self[f"component_{number}"].data) if self[f"component_{number}"].data else None,
                self[f"text_{number}"].data,
                self[f"text_es_{number}"].data or "",
                bool(self[f"required_{number}"].data),
            )
            for number, code in enumerate(codes, 1)
            if (self[f"text_{number}"].data or "").strip()
        ]


def template_form(seen_id: int, old: Sequence[PlanQuestion]) -> TemplateForm:
    """Return the form with the questions of the newest version, and empty ones after them."""
    fields: dict[str, Any] = {}
    shown: dict[str, Any] = {"seen_id": str(seen_id)}
    components = [("", _("About this plan")), *((one.value, one.label) for one in Component)]
    for number, question in enumerate([*old, *[None] * NEW], 1):
        fields |= {
            f"text_{number}": LongText(_("Question %(number)s", number=number), limit=LONGEST_QUESTION),
            f"text_es_{number}": LongText(_("In Spanish"), limit=LONGEST_QUESTION),
            f"component_{number}": SelectField(
                _("Component"), choices=choices(components), validators=[Optional()], default=""
            ),
            f"required_{number}": BooleanField(_("Required")),
        }
        if question is not None:
            shown |= {
                f"text_{number}": question.text,
                f"text_es_{number}": question.text_es,
                f"component_{number}": question.component.value if question.component else "",
                f"required_{number}": question.required,
            }
    form: TemplateForm = type("QuestionsForm", (TemplateForm,), fields)(**shown)
    return form
