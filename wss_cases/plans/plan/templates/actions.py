"""Changing the template from a day on, and confirming it. A version that plans were started with never changes."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.dated_settings import FURTHEST
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.templates.models import PlanQuestion, PlanTemplate
from wss_cases.plans.plan.templates.rules import QuestionContent, check_questions, code_of
from wss_cases.plans.plan.templates.sections import SECTIONS


@use_case
def change_template(
    uow: UnitOfWork, seen_id: int, questions: Sequence[QuestionContent], starts_on: date, note: str
) -> int:
    """Begin a new version on a day; plans started before keep theirs. Returns its id.

    `seen_id`: the newest version when the page was shown. Raises NotFound, Stale where there is a newer one, Refused.
    """
    newest = _newest(uow)
    if newest.id != seen_id:
        raise Stale
    today = today_at(None, uow.now)
    if starts_on < today:
        raise Refused("starts_on", _("Choose today or a later day."))
    if starts_on > today + FURTHEST:
        raise Refused("starts_on", _("Choose a day within the next two years."))
    if starts_on <= newest.starts_on:
        day = day_words_with_year(newest.starts_on)
        raise Refused("starts_on", _("The newest version starts on %(day)s. Choose a later day.", day=day))
    check_questions(questions)
    template = uow.add(
        PlanTemplate(
            starts_on=starts_on, to_be_checked=False, note=note, written_by_id=uow.actor.user_id, written_at=uow.now
        )
    )
    uow.session.add_all(_rows(template.id, questions))
    uow.record(template, "plan_template.changed")
    return template.id


@use_case
def confirm_template(uow: UnitOfWork, template_id: int) -> int:
    """Say that the district has checked a version. Raises NotFound, Refused where it was confirmed before."""
    template = uow.load(PlanTemplate, template_id, Permission.PLAN_TEMPLATE_EDIT)
    if not template.to_be_checked:
        raise Refused("", _("This template was confirmed before."))
    template.to_be_checked = False
    uow.record(template, "plan_template.confirmed")
    return template.id


def _newest(uow: UnitOfWork) -> PlanTemplate:
    """Lock the newest version, so that of two changes at once the second is told."""
    statement = select(PlanTemplate).order_by(PlanTemplate.starts_on.desc()).limit(1).with_for_update()
    newest = existing(uow.session.scalars(statement).first())
    require(uow.actor, Permission.PLAN_TEMPLATE_EDIT, newest)
    return newest


def _rows(template_id: int, questions: Sequence[QuestionContent]) -> list[PlanQuestion]:
    taken = [question.code for question in questions if question.code]
    rows = []
    for position, question in enumerate(questions, 1):
        code = question.code or code_of(question.text, taken)
        taken.append(code)
        section, section_es = SECTIONS[question.component]
        rows.append(
            PlanQuestion(
                template_id=template_id, position=position, code=code, component=question.component, section=section,
                section_es=section_es, text=question.text.strip(), text_es=question.text_es.strip(),
                required=question.required,
            )
        )  # fmt: skip
    return rows
