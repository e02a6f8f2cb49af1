"""Changing the template from a day on, and confirming it. A version that plans were started with never changes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import BooleanField, DateField, HiddenField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, by_id, db, named_enum
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, LongText, ShortText, choices
from wss_cases.foundation.i18n import Labelled, _, _l, either
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.dated_settings import FURTHEST
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case


class Component(Labelled):
    """The three components of every plan."""

    PHYSICAL = "physical", _l("Physical safety")
    EMOTIONAL = "emotional", _l("Emotional safety")
    TRUST = "trust", _l("Relational trust")


SENTENCES: Final[dict[str, Any]] = {
    "plan_template.changed": _l("School safety plan template changed from a day on"),
    "plan_template.confirmed": _l("School safety plan template confirmed"),
}


LONGEST_CODE, LONGEST_SECTION = 40, 120


class PlanTemplate(Base):
    """One version, for plans that are started from `starts_on` on; what was started before keeps its own.

    `to_be_checked`: nobody of the district has confirmed these questions yet.
    """

    __tablename__ = "plan_template"
    __table_args__ = (UniqueConstraint("starts_on"),)

    id: Mapped[Id]
    starts_on: Mapped[date]
    to_be_checked: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(600), default="", server_default="")
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    written_at: Mapped[datetime]


class PlanQuestion(Base):
    """One question of a version. `code` is the same question's in every version; without a component it is general."""

    __tablename__ = "plan_question"
    __table_args__ = (
        UniqueConstraint("template_id", "code"),
        UniqueConstraint("template_id", "position"),
        CheckConstraint("text <> ''", name="text"),
    )

    id: Mapped[Id]
    template_id: Mapped[int] = mapped_column(ForeignKey("plan_template.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(LONGEST_CODE))
    component: Mapped[Component | None] = mapped_column(named_enum(Component, "component"))
    section: Mapped[str] = mapped_column(String(LONGEST_SECTION))
    section_es: Mapped[str] = mapped_column(String(LONGEST_SECTION), default="", server_default="")
    text: Mapped[str] = mapped_column(Text)
    text_es: Mapped[str] = mapped_column(Text, default="", server_default="")
    required: Mapped[bool]


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


load_template = by_id(PlanTemplate)


def template_on(day: date) -> PlanTemplate:
    """Return the version that plans started on a day are written by. Raises NotFound before the first."""
    statement = select(PlanTemplate).where(PlanTemplate.starts_on <= day).order_by(PlanTemplate.starts_on.desc())
    return existing(db.session.scalars(statement.limit(1)).first())


def versions() -> Sequence[PlanTemplate]:
    return db.session.scalars(select(PlanTemplate).order_by(PlanTemplate.starts_on.desc())).all()


def questions_of(template_id: int) -> Sequence[PlanQuestion]:
    statement = select(PlanQuestion).where(PlanQuestion.template_id == template_id)
    return db.session.scalars(statement.order_by(PlanQuestion.position)).all()


SECTIONS: Final[dict[Component | None, tuple[str, str]]] = {
    None: ("About this plan", "Sobre este plan"),
    Component.PHYSICAL: ("Physical safety", "Seguridad física"),
    Component.EMOTIONAL: ("Emotional safety", "Seguridad emocional"),
    Component.TRUST: ("Relational trust", "Confianza en las relaciones"),
}


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


blueprint = Pages("plan_templates", __name__, url_prefix="/safety-plans/templates")


def _words(template: PlanTemplate) -> dict[str, object]:
    sections: dict[str, list[dict[str, object]]] = {}
    for question in questions_of(template.id):
        title = either(question.section, question.section_es or question.section)
        text = either(question.text, question.text_es or question.text)
        sections.setdefault(title, []).append({"text": text, "required": question.required})
    return {"template": template, "starts": day_words_with_year(template.starts_on), "sections": sections}


@blueprint.get("")
@gate(Permission.PLAN_TEMPLATE_READ)
def template() -> Page:
    """The version in force today, and the others."""
    actor, today = current_actor(), today_at(None, clock.now())
    standing, every = template_on(today), versions()
    return render_template(
        "plans/templates/page.html",
        edits=can(actor, Permission.PLAN_TEMPLATE_EDIT, standing),
        others=[
            {"id": one.id, "starts": day_words_with_year(one.starts_on), "is_coming": one.starts_on > today}
            for one in every
            if one.id != standing.id
        ],
        **_words(standing),
    )


@blueprint.get("/<int:plan_template_id>")
@gate(Permission.PLAN_TEMPLATE_READ)
def version(plan_template_id: int) -> Page:
    """One version of the template."""
    found = next((one for one in versions() if one.id == plan_template_id), None)
    if found is None:
        raise NotFound
    return render_template("plans/templates/page.html", edits=False, others=[], **_words(found))


@blueprint.route("/change", methods=["GET", "POST"])
@gate(Permission.PLAN_TEMPLATE_EDIT)
def change() -> Page:
    """Write the next version; plans that were started before keep theirs."""
    newest = versions()[0]
    if not can(current_actor(), Permission.PLAN_TEMPLATE_EDIT, newest):
        raise NotFound
    old = questions_of(newest.id)
    form = template_form(newest.id, old)
    title, href = _("Change the template"), url_for("plan_templates.template")
    words = {
        "title": title,
        "lede": _("Plans that were started before keep their questions and say that they are outdated."),
        "crumbs": [(_("Template of school safety plans"), href), (title, None)],
        "back_href": href,
        "go_words": _("Save the new version"),
        "numbers": range(1, len(old) + NEW + 1),
        "old": len(old),
    }
    return act_form(
        form,
        lambda call: change_template(call, form.seen, form.questions(old), form.starts_on.data, form.note.data or ""),
        with_flash(_("Saved."), href),
        words,
        "plans/templates/form.html",
    )


@blueprint.button(
    "/<int:plan_template_id>/confirm", PlanTemplate, Permission.PLAN_TEMPLATE_EDIT, endpoint="confirm",
    then="plan_templates.template", tells_refusals=True,
)  # fmt: skip
def confirm_template(uow: UnitOfWork, template: PlanTemplate) -> None:
    """Say that the district has checked a version. Refused where it was confirmed before."""
    if not template.to_be_checked:
        raise Refused("", _("This template was confirmed before."))
    template.to_be_checked = False
    uow.record(template, "plan_template.confirmed")


ROOM = Room(pages=(blueprint,), sentences=SENTENCES, loaders={"plan_template": load_template})
