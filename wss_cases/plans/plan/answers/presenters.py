"""The questions of a plan as a page shows them, in the reader's language where the template has it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from wss_cases.access.actor import Actor
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import either
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import zone_of
from wss_cases.plans.plan.answers.models import PlanAnswer
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.templates.models import PlanQuestion
from wss_cases.plans.plan.templates.states import Component

GENERAL: Final = "general"
"""Stands in an address for the questions of no component."""


def part_named(name: str) -> Component | None:
    """Return the component that an address names, None for the general questions. Raises ValueError."""
    return None if name == GENERAL else Component(name)


def part_words(component: Component | None) -> str:
    """Return what a component is called; of the general questions, what they are about."""
    return str(component.label) if component else _("About this plan")


def parts_of(questions: Sequence[PlanQuestion]) -> dict[Component | None, list[PlanQuestion]]:
    """Return questions by component, the general ones first."""
    parts: dict[Component | None, list[PlanQuestion]] = {None: [], **{component: [] for component in Component}}
    for question in questions:
        parts[question.component].append(question)
    return {component: found for component, found in parts.items() if found}


def answer_rows(
    questions: Iterable[PlanQuestion], answers: Mapping[int, PlanAnswer], plan: SchoolPlan, actor: Actor
) -> list[dict[str, Any]]:
    """Return questions with their answers, who wrote them last, and what somebody wrote over of the reader's own."""
    found = list(questions)
    names = user_names(answer.written_by_id for answer in answers.values())
    zone, rows = zone_of(plan.school_id), []
    for question in found:
        answer = answers.get(question.id)
        by = names.get(answer.written_by_id or 0, "") if answer else ""
        over = answer is not None and answer.earlier_text != "" and answer.earlier_by_id == actor.user_id
        at = moment_words(answer.written_at, zone) if answer else ""
        rows.append(
            {
                "id": question.id,
                "text": either(question.text, question.text_es or question.text),
                "required": question.required,
                "answer": answer.text if answer else "",
                "by": _("%(name)s, %(moment)s", name=by, moment=at) if answer else "",
                "yours": answer.earlier_text if over and answer else "",
                "over": _("%(name)s wrote over your answer. Your words are kept here.", name=by) if over else "",
            }
        )
    return rows
