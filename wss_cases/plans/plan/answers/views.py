"""Pages of a plan's questions: all of them to read, and those of one component to answer."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.plans.plan.answers.actions import BothWrote, write_answers
from wss_cases.plans.plan.answers.forms import AnswersForm, answers_form
from wss_cases.plans.plan.answers.presenters import GENERAL, answer_rows, part_named, part_words, parts_of
from wss_cases.plans.plan.answers.queries import answers_of
from wss_cases.plans.plan.core.presenters import plan_frame, plan_trail
from wss_cases.plans.plan.core.queries import get_plan, writable_plan
from wss_cases.plans.plan.core.states import EDITABLE
from wss_cases.plans.plan.templates.queries import questions_of

blueprint = Blueprint("plan_answers", __name__, url_prefix="/safety-plans/<int:school_plan_id>/questions")
TAB = "plan_answers.answers"
CONFLICT = 409


@blueprint.get("")
@gate(Permission.PLAN_READ)
def answers(school_plan_id: int) -> Page:
    """Every question with its answer, by component."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    stored = answers_of(plan.id)
    parts = [
        {
            "title": part_words(component),
            "name": component or GENERAL,
            "rows": answer_rows(questions, stored, plan, actor),
        }
        for component, questions in parts_of(questions_of(plan.template_id)).items()
    ]
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    return render_template("plans/answers/list.html", parts=parts, writes=writes, **plan_frame(actor, plan, TAB))


@blueprint.route("/<part>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def answer(school_plan_id: int, part: str) -> Page:
    """Answer the questions of one component. Where somebody else wrote meanwhile, both texts stand side by side."""
    actor = current_actor()
    plan = writable_plan(actor, school_plan_id)
    try:
        component = part_named(part)
        questions = parts_of(questions_of(plan.template_id))[component]
    except (ValueError, KeyError) as error:
        raise NotFound from error
    plan_id, stored = plan.id, answers_of(plan.id)
    form: AnswersForm = answers_form(questions, stored)
    words: dict[str, Any] = {
        "title": part_words(component),
        "crumbs": plan_trail(plan, part_words(component)),
        "back_href": url_for(TAB, school_plan_id=plan_id),
        "go_words": _("Save answers"),
        "rows": answer_rows(questions, stored, plan, actor),
    }

    def act() -> int:
        return write_answers(submitted(form), plan_id, form.written(questions), bool(form.anyway.data))

    done = with_flash(_("Saved."), words["back_href"])
    try:
        return form_page(form, act, done, "plans/answers/form.html", **words)
    except BothWrote as both:
        return _side_by_side(form, both, school_plan_id, words), CONFLICT


def _side_by_side(form: AnswersForm, both: BothWrote, school_plan_id: int, words: dict[str, Any]) -> str:
    """Show the form as it was sent, with what stands now beside each text that two people wrote."""
    actor = current_actor()
    plan = writable_plan(actor, school_plan_id)
    standing = answers_of(plan.id)
    form.show_again(both.questions, standing)
    questions = [one for one in questions_of(plan.template_id) if f"answer_{one.id}" in form]
    rows = answer_rows(questions, standing, plan, actor)
    for question_id in both.questions:
        error = _("Someone else answered this while you were writing. Bring both texts together, then save again.")
        form.text_of(question_id).errors = [error]
    words = {**words, "rows": [row | {"theirs": row["id"] in both.questions} for row in rows]}
    return render_template("plans/answers/form.html", form=form, **words)
