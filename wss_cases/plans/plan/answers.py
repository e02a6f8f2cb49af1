"""The questions of a plan as a page shows them, in the reader's language where the template has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from flask import Blueprint, render_template, url_for
from sqlalchemy import ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import Field, HiddenField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.db import Base, Versioned, db
from wss_cases.foundation.errors import NotFound, Stale
from wss_cases.foundation.forms import BaseForm, LongText
from wss_cases.foundation.i18n import _, _l, either
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import moment_words, zone_of
from wss_cases.journal.rooms import PlanTab, Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.plans.plan.core.models import EDITABLE, OfPlan, SchoolPlan, get_plan, writable_plan
from wss_cases.plans.plan.core.pages import no_student_named, open_plan, plan_frame, plan_trail
from wss_cases.plans.plan.templates import Component, PlanQuestion, questions_of
from wss_cases.roster.names.queries import refuse_names


class PlanAnswer(OfPlan, Versioned, Base):
    """One answer; whoever writes over it names the version that they read.

    `earlier_text` and `earlier_by_id`: what the person before wrote, when another one wrote over it.
    """

    __tablename__ = "plan_answer"
    __table_args__ = (UniqueConstraint("plan_id", "question_id"),)
    PRIVATE = frozenset({"text", "earlier_text"})

    question_id: Mapped[int] = mapped_column(ForeignKey("plan_question.id"))
    text: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]
    earlier_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    earlier_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


@dataclass(frozen=True)
class Written:
    """One answer as a page sends it: the text, and version and digest of what the page had shown (0: no answer yet)."""

    text: str
    version: int
    digest: str


def digest_of(text: str) -> str:
    """Return a mark of a text as a form sends it back: line ends count as one."""
    return sha256("\n".join(text.splitlines()).encode()).hexdigest()[:16]


def changed(written: Mapping[int, Written]) -> dict[int, Written]:
    """Return the answers that somebody changed on their page; what they left as it was stays as it is now."""
    return {key: one for key, one in written.items() if digest_of(one.text) != one.digest}


def conflicts(written: Mapping[int, Written], standing: Mapping[int, Any]) -> list[int]:
    """Return the questions that somebody else answered differently since the page was shown, of those changed on it.

    `standing`: the stored answers, with `version` and `text`, by question.
    """
    return [
        key
        for key, one in changed(written).items()
        if key in standing
        and standing[key].version != one.version
        and digest_of(standing[key].text) != digest_of(one.text)
    ]


def answers_of(plan_id: int) -> dict[int, PlanAnswer]:
    """Return the answers of a plan by question; the caller has checked the plan."""
    found = db.session.scalars(select(PlanAnswer).where(PlanAnswer.plan_id == plan_id))
    return {answer.question_id: answer for answer in found}


def unanswered(plan: SchoolPlan) -> Mapping[Component | None, int]:
    """Return how many required questions of a plan have no answer, by component; None for those of no component."""
    answered = (
        select(PlanAnswer.id)
        .where(
            PlanAnswer.plan_id == plan.id, PlanAnswer.question_id == PlanQuestion.id, func.trim(PlanAnswer.text) != ""
        )
        .exists()
    )
    statement = (
        select(PlanQuestion.component, func.count())
        .where(PlanQuestion.template_id == plan.template_id, PlanQuestion.required, ~answered)
        .group_by(PlanQuestion.component)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


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


ROOM = Room(pages=(blueprint,), plan_tabs=(PlanTab("plan_answers.answers", _l("Questions"), 20, Permission.PLAN_READ),))
