"""Answering the questions of a plan, several on one page."""

from collections.abc import Mapping

from sqlalchemy import select

from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.answers.models import PlanAnswer
from wss_cases.plans.plan.answers.rules import Written, changed, conflicts, digest_of
from wss_cases.plans.plan.core.actions import open_plan
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.templates.queries import questions_of
from wss_cases.roster.names.queries import refuse_names


class BothWrote(Stale):
    """Somebody else answered some of the questions meanwhile; nothing was saved. `questions`: which."""

    def __init__(self, questions: list[int]) -> None:
        super().__init__()
        self.questions = questions


@use_case
def write_answers(uow: UnitOfWork, school_plan_id: int, written: Mapping[int, Written], anyway: bool = False) -> int:
    """Write what changed of these answers, by question. Returns the plan's id.

    Raises NotFound for a question that is not the plan's, BothWrote where somebody else wrote one of them since the
    page was shown, and Refused, unless `anyway`, for what may name a student. A refusal saves nothing.
    """
    plan = open_plan(uow, school_plan_id)
    if not set(written) <= {question.id for question in questions_of(plan.template_id)}:
        raise NotFound
    stored = select(PlanAnswer).where(PlanAnswer.plan_id == plan.id).with_for_update()
    standing = {answer.question_id: answer for answer in uow.session.scalars(stored)}
    if both := conflicts(written, standing):
        raise BothWrote(both)
    new = changed(written)
    refuse_names(plan.school_id, anyway, *(one.text for one in new.values()))
    for question_id, one in new.items():
        _write(uow, plan, standing.get(question_id), question_id, one.text)
    if not new:
        uow.no_audit()
    return plan.id


def _write(uow: UnitOfWork, plan: SchoolPlan, answer: PlanAnswer | None, question_id: int, text: str) -> None:
    """Write one answer; of a text by somebody else the words before stay, for its writer to see."""
    if answer is None:
        answer = PlanAnswer(plan_id=plan.id, school_id=plan.school_id, question_id=question_id, earlier_text="")
    elif digest_of(answer.text) == digest_of(text):
        return
    elif answer.written_by_id != uow.actor.user_id:
        answer.earlier_text, answer.earlier_by_id = answer.text, answer.written_by_id
    answer.text, answer.written_by_id, answer.written_at = text, uow.actor.user_id, uow.now
    uow.record(answer, "plan.answered")
