"""Pure: what may stand in a version of the template."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.plans.plan.templates.states import Component

MOST_QUESTIONS: Final = 60
LONGEST_QUESTION: Final = 1000


@dataclass(frozen=True)
class QuestionContent:
    """One question. `code` is '' for one that is new; of one that stays, the code of the version before."""

    code: str
    component: Component | None
    text: str
    text_es: str
    required: bool


def code_of(text: str, taken: Sequence[str]) -> str:
    """Return a code for a new question, made of its first words, that no other has."""
    words = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:30] or "question"
    code, number = words, 2
    while code in taken:
        code, number = f"{words}_{number}", number + 1
    return code


def check_questions(questions: Sequence[QuestionContent]) -> None:
    """Raise Refused for a version without a question, with too many, or under which no component would be required."""
    if not questions:
        raise Refused("", _("A template needs at least one question."))
    if len(questions) > MOST_QUESTIONS:
        raise Refused("", _("A template holds at most %(most)d questions.", most=MOST_QUESTIONS))
    required = {question.component for question in questions if question.required}
    missing = [str(component.label) for component in Component if component not in required]
    if missing:
        raise Refused("", _("Each component needs a required question: %(missing)s.", missing=", ".join(missing)))
