"""Circle plans: the school's shelf, a plan and its printed sheet, and writing a plan for a circle, a day or the
shelf.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import redirect, render_template, request, url_for
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import STAFF, Actor, Invocation
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.cases.case.queries import participants_of
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, Stale, existing
from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText, NotBlank, ShortText, filled, radio
from wss_cases.foundation.i18n import _, _l, dotted, locale_code, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, saved_first, with_flash
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.queries import get_circle
from wss_cases.pathways.circles.consent import load_circle
from wss_cases.pathways.circles.plans import models
from wss_cases.pathways.circles.plans.models import (
    LONGEST_PIECE,
    LONGEST_TITLE,
    MOST_ROUNDS,
    OWN_KINDS,
    CirclePlan,
    CirclePlanKind,
    PlanContent,
    content_of,
    followed_on,
    get_circle_plan,
    lines_of,
    plan_of,
    ready_made,
    shelf_of,
    used_before,
)
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import kind_words, number, page_of, people_choices
from wss_cases.roster.directory.queries import get_school
from wss_cases.roster.names.queries import finder_around, refuse_names
from wss_cases.training.records.models import staff_of


class CirclePlanForm(BaseForm):
    title = ShortText(_l("Title"), [NotBlank(_l("Write a title."))], limit=LONGEST_TITLE)
    opening = LongText(
        _l("Opening"), limit=2000, description=_l("How the circle begins: a welcome, a quote, a breath.")
    )
    talking_piece = ShortText(
        _l("Talking piece"), limit=LONGEST_PIECE, description=_l("What is passed around, and what it stands for.")
    )
    shared_values = LongText(_l("Values"), limit=1000, description=_l("One on each line."))
    rounds = LongText(
        _l("Rounds"),
        [NotBlank(_l("Write at least one prompt."))],
        limit=6000,
        description=_l("One prompt on each line, in the order you will ask them."),
    )
    closing = LongText(_l("Closing"), limit=2000)
    anyway = ConfirmField(_l("No student is named in this plan"))

    @property
    def content(self) -> PlanContent:
        return filled(self, PlanContent)


class CommunityPlanForm(CirclePlanForm):
    """The plan of a community circle, with its day and keeper."""

    planned_on = DateField(_l("Day of the circle"), validators=[Optional()])
    keeper = SelectField(_l("Circle keeper"), validators=[InputRequired(_l("Choose someone from this school."))])


class NewPlanForm(CommunityPlanForm):
    """A new plan that belongs to no case."""

    kind = radio(
        _l("What is it for?"),
        [
            (OWN_KINDS[0].value, _l("A community circle on a certain day")),
            (OWN_KINDS[1].value, _l("Our school's shelf, for others to copy")),
        ],
        _l("Choose what the plan is for."),
    )


NOBODY_ID = 0


@use_case
def write_for_circle(uow: UnitOfWork, pathway_id: int, content: PlanContent, anyway: bool = False) -> int:
    """Write or change the plan of a live circle. Returns the plan's id.

    `uow.version`: the version that the page showed, None when there was no plan. Raises Stale when someone wrote it
    meanwhile. Raises Refused without a round, and, unless `anyway`, for text that may name a student.
    """
    return put_plan(uow, load_circle(uow, pathway_id), content, anyway)


def put_plan(uow: UnitOfWork, row: Pathway, content: PlanContent, anyway: bool) -> int:
    """Do the work of `write_for_circle` in the caller's unit of work. The caller has locked the circle. Returns the
    plan's id.
    """
    plan = plan_of(row.id)
    if uow.version != (plan.version if plan else None):
        raise Stale
    students = [person.student_id for person in participants_of(row.case_id) if person.student_id is not None]
    _check(row.school_id, content, students, anyway)
    where = {"school_id": row.school_id, "pathway_id": row.id, "case_id": row.case_id}
    return _write(uow, plan or CirclePlan(kind=CirclePlanKind.CIRCLE, **where), content).id


@use_case
def make_plan(
    uow: UnitOfWork, school_id: int, kind: CirclePlanKind, content: PlanContent, planned_on: date | None = None,
    keeper_id: int | None = None, anyway: bool = False,
) -> int:  # fmt: skip
    """Write a plan for a community circle on a day (`planned_on`, `keeper_id`), or one for the school's shelf.

    Raises Refused for a keeper who does not work there, without a round, and for names as `write_for_circle` does.
    """
    require(uow.actor, Permission.PRACTICE_LOG, existing(get_school(school_id)))
    plan = CirclePlan(kind=kind, school_id=school_id)
    return _write_own(uow, plan, content, planned_on, keeper_id, anyway)


@use_case
def change_plan(
    uow: UnitOfWork, circle_plan_id: int, content: PlanContent, planned_on: date | None = None,
    keeper_id: int | None = None, anyway: bool = False,
) -> int:  # fmt: skip
    """Change a plan that belongs to no case. Raises NotFound, Stale, and Refused as `make_plan` does."""
    plan = uow.load(CirclePlan, circle_plan_id, Permission.CIRCLE_PLAN_WRITE, uow.version)
    if plan.kind is CirclePlanKind.CIRCLE:
        raise NotFound
    return _write_own(uow, plan, content, planned_on, keeper_id, anyway)


def _write_own(
    uow: UnitOfWork,
    plan: CirclePlan,
    content: PlanContent,
    planned_on: date | None,
    keeper_id: int | None,
    anyway: bool,
) -> int:
    school_id = existing(plan.school_id)
    _check(school_id, content, [], anyway)
    if plan.kind is CirclePlanKind.COMMUNITY:
        if planned_on is None:
            raise Refused("planned_on", _("Choose the day of the circle."))
        staff = staff_of(school_id, today_at(school_id, uow.now))
        if keeper_id is None or (keeper_id != plan.keeper_id and keeper_id not in staff):
            raise Refused("keeper", _("Choose someone from this school."))
        plan.planned_on, plan.keeper_id = planned_on, keeper_id
    return _write(uow, plan, content).id


def _write(uow: UnitOfWork, plan: CirclePlan, content: PlanContent) -> CirclePlan:
    is_new = plan.id is None
    for name, words in asdict(content).items():
        setattr(plan, name, words)
    if is_new:
        plan.written_by_id, plan.written_at = uow.actor.user_id, uow.now
    uow.record(plan, "circle.plan_written" if is_new else "circle.plan_changed")
    return plan


def _check(school_id: int, content: PlanContent, students: list[int], anyway: bool) -> None:
    rounds = lines_of(content.rounds)
    if not rounds:
        raise Refused("rounds", _("Write at least one prompt."))
    if len(rounds) > MOST_ROUNDS:
        raise Refused("rounds", _("Write at most %(most)d prompts, one on each line.", most=MOST_ROUNDS))
    others = finder_around(NOBODY_ID, students).names_in(content.text) if students and not anyway else []
    refuse_names(school_id, anyway, content.text, also=others)


def parts_of(plan: Any) -> dict[str, Any]:
    """The parts of a plan, or of a PlanContent: texts, and lists of lines for values and rounds."""
    return {
        "title": plan.title,
        "opening": plan.opening.strip(),
        "talking_piece": plan.talking_piece.strip(),
        "shared_values": lines_of(plan.shared_values),
        "rounds": lines_of(plan.rounds),
        "closing": plan.closing.strip(),
        "language": getattr(plan, "language", "") or None,
    }


def labelled_parts(content: PlanContent) -> list[tuple[str, str]]:
    """Every part of a plan with its label, to compare two versions."""
    return [
        (_("Title"), content.title),
        (_("Opening"), content.opening),
        (_("Talking piece"), content.talking_piece),
        (_("Values"), content.shared_values),
        (_("Rounds"), content.rounds),
        (_("Closing"), content.closing),
    ]


def circle_plan_card(plan: CirclePlan | None, ids: Mapping[str, Any]) -> dict[str, Any]:
    """The plan card on a circle's page; `ids` are those of its case and pathway."""
    write = url_for("circle_plans.of_circle", **ids)
    if plan is None:
        return {"parts": None, "write": write}
    return {"parts": parts_of(plan), "write": write, "print": url_for("circle_plans.sheet", circle_plan_id=plan.id)}


def plan_rows(plans: Iterable[CirclePlan]) -> list[dict[str, Any]]:
    """Plans as rows of a list."""
    rows = list(plans)
    names = user_names(plan.keeper_id for plan in rows if plan.keeper_id is not None)
    return [
        {
            "title": plan.title,
            "href": url_for("circle_plans.plan", circle_plan_id=plan.id),
            "meta": dotted(belongs_words(plan, names), rounds_words(plan)),
            "id": plan.id,
            "language": plan.language or None,
        }
        for plan in rows
    ]


def rounds_words(plan: CirclePlan) -> str:
    return ngettext("%(num)s round", "%(num)s rounds", len(lines_of(plan.rounds)))


def belongs_words(plan: CirclePlan, names: Mapping[int, str]) -> str:
    """What a plan is for: "Community circle · Nov 24, 2026 · Ana Diaz"."""
    if plan.kind is not CirclePlanKind.COMMUNITY or plan.planned_on is None:
        return str(plan.kind.label)
    keeper = names.get(plan.keeper_id or 0, "")
    return dotted(str(plan.kind.label), day_words_with_year(plan.planned_on), keeper)


def plan_acts(plan: CirclePlan, actor: Actor) -> dict[str, Any]:
    """The addresses of what the actor may do with a plan; None for what they may not."""
    writes = can(actor, Permission.CIRCLE_PLAN_WRITE, plan)
    own = writes and plan.kind is not CirclePlanKind.CIRCLE
    ids: dict[str, Any] = {"case_id": plan.case_id, "pathway_id": plan.pathway_id}
    of_circle = url_for("circle_plans.of_circle", **ids) if plan.kind is CirclePlanKind.CIRCLE else None
    logs = plan.kind is CirclePlanKind.COMMUNITY
    shelved = plan.kind is CirclePlanKind.SHELF
    return {
        "change": (of_circle or url_for("circle_plans.change", circle_plan_id=plan.id)) if writes else None,
        "print": url_for("circle_plans.sheet", circle_plan_id=plan.id),
        "copy": url_for("circle_plans.new", copied=plan.id),
        "shelve": None if shelved else url_for("circle_plans.new", copied=plan.id, kind="shelf"),
        "delete": url_for("circle_plans.delete", circle_plan_id=plan.id) if own else None,
        "log": url_for("practice.new", plan=plan.id) if logs or shelved else None,
    }


pages = Pages("circle_plans", __name__)
FORM = "pathways/circles/plans/form.html"


def _school_id(actor: Actor) -> int:
    return existing(chosen_school_id(actor, *STAFF))


@pages.get("/circle-plans")
@gate(Permission.PRACTICE_LOG)
def shelf() -> Page:
    """Plans to copy: ready-made ones, the school's shelf, and plans of earlier circles that the actor may read."""
    actor = current_actor()
    school_id = _school_id(actor)
    return render_template(
        "pathways/circles/plans/shelf.html",
        shelf=plan_rows(shelf_of(actor, school_id)),
        ready=plan_rows(ready_made(actor, locale_code())),
        used=plan_rows(used_before(actor, school_id)),
    )


@pages.get("/circle-plans/<int:circle_plan_id>")
@gate(Permission.CIRCLE_PLAN_READ)
def plan(circle_plan_id: int) -> Page:
    actor = current_actor()
    row = get_circle_plan(actor, circle_plan_id)
    return render_template(
        "pathways/circles/plans/plan.html",
        parts=parts_of(row),
        belongs=_belongs(row),
        followed=[day_words_with_year(day) for day in followed_on(actor, row)],
        acts=plan_acts(row, actor),
        plan=row,
    )


@pages.get("/circle-plans/<int:circle_plan_id>/print")
@gate(Permission.CIRCLE_PLAN_READ)
def sheet(circle_plan_id: int) -> Page:
    row = get_circle_plan(current_actor(), circle_plan_id)
    back = url_for("circle_plans.plan", circle_plan_id=row.id)
    return render_template("pathways/circles/plans/sheet.html", parts=parts_of(row), back=back)


def _belongs(row: CirclePlan) -> str:
    return belongs_words(row, user_names([row.keeper_id]))


def copied_content(actor: Actor) -> PlanContent | None:
    """The content of the plan that the address asks to copy (`copied`); None when it asks for none."""
    copied_id = id_in(request.args.get("copied"))
    return content_of(get_circle_plan(actor, copied_id)) if copied_id is not None else None


@pages.route("/circle-plans/new", methods=["GET", "POST"])
@gate(Permission.PRACTICE_LOG)
def new() -> Page:
    """Write a plan for a community circle or the shelf, empty or copied."""
    actor = current_actor()
    school_id = _school_id(actor)
    today = today_at(school_id, clock.now())
    kind = request.args.get("kind", "")
    form = NewPlanForm(
        kind=kind if kind in set(OWN_KINDS) else CirclePlanKind.COMMUNITY.value,
        planned_on=today,
        keeper=str(actor.user_id),
        **asdict(copied_content(actor) or PlanContent()),
    )
    form.keeper.choices = people_choices(user_names([actor.user_id]) | staff_of(school_id, today))
    words = {"title": _("New circle plan"), "go_words": _("Save the plan"), "back_href": url_for("circle_plans.shelf")}
    return act_form(
        form,
        lambda call: make_plan(
            call, school_id, CirclePlanKind(form.kind.data), form.content, **_when(form), anyway=bool(form.anyway.data)
        ),
        lambda plan_id: with_flash(_("Plan saved."), url_for("circle_plans.plan", circle_plan_id=plan_id))(plan_id),
        words,
        FORM,
    )


def _when(form: CommunityPlanForm) -> dict[str, Any]:
    return {"planned_on": form.planned_on.data, "keeper_id": number(form.keeper.data)}


@pages.route("/circle-plans/<int:circle_plan_id>/change", methods=["GET", "POST"])
@gate(Permission.CIRCLE_PLAN_WRITE)
def change(circle_plan_id: int) -> Page:
    actor = current_actor()
    row = get_circle_plan(actor, circle_plan_id)
    require(actor, Permission.CIRCLE_PLAN_WRITE, row)
    here = url_for("circle_plans.plan", circle_plan_id=row.id)
    if row.kind is CirclePlanKind.CIRCLE:
        return redirect(url_for("circle_plans.of_circle", case_id=row.case_id, pathway_id=row.pathway_id), 303)
    values: dict[str, Any] = {"version": row.version, **asdict(content_of(row))}
    if row.kind is CirclePlanKind.COMMUNITY:
        school_id = existing(row.school_id)
        form = CommunityPlanForm(planned_on=row.planned_on, keeper=str(row.keeper_id), **values)
        staff = user_names([row.keeper_id]) | staff_of(school_id, today_at(school_id, clock.now()))
        form.keeper.choices = people_choices(staff)
    else:
        form = CirclePlanForm(**values)
    words = {"title": _("Change the plan"), "go_words": _("Save the plan"), "back_href": here, "lede": _belongs(row)}
    return plan_form(
        form,
        lambda call: change_plan(
            call, row.id, form.content, anyway=bool(form.anyway.data),
            **(_when(form) if isinstance(form, CommunityPlanForm) else {}),
        ),
        here,
        words,
        lambda: get_circle_plan(actor, circle_plan_id),
    )  # fmt: skip


@pages.button(
    "/circle-plans/<int:circle_plan_id>/delete", Subject(CirclePlan, get_circle_plan), Permission.CIRCLE_PLAN_WRITE,
    then=".shelf", endpoint="delete",
)  # fmt: skip
def delete_plan(uow: UnitOfWork, plan: CirclePlan) -> int:
    """Delete a plan that belongs to no case; the plan of a circle stays with it."""
    if plan.kind is CirclePlanKind.CIRCLE:
        raise Refused("", _("This plan is part of the circle's record. You can change it."))
    plan_id = plan.id
    uow.record(plan, "circle.plan_deleted")
    uow.session.delete(plan)
    return plan_id


@pages.route("/cases/<int:case_id>/pathways/<int:pathway_id>/circle-plan", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def of_circle(case_id: int, pathway_id: int) -> Page:
    """Write or change the plan of a circle, empty or copied."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id)
    known = plan_of(row.id)
    content = copied_content(actor) or (content_of(known) if known else PlanContent(title=kind_words(row)))
    form = CirclePlanForm(version=known.version if known else "", **asdict(content))
    here = url_for("circle_plans.of_circle", case_id=case_id, pathway_id=pathway_id)
    words = {
        "title": _("Circle plan"),
        "case": row.case,
        "lede": kind_words(row),
        "go_words": _("Save the plan"),
        "back_href": page_of(row),
        "circle_href": here,
        "crumbs": [
            (_("Cases"), url_for("casework.cases")),
            (row.case.reference, page_of(row)),
            (_("Circle plan"), None),
        ],
        **plans_to_copy(actor, row),
    }
    return plan_form(
        form,
        lambda call: write_for_circle(call, row.id, form.content, bool(form.anyway.data)),
        page_of(row),
        words,
        lambda: existing(plan_of(pathway_id)),
        here,
    )


def plans_to_copy(actor: Actor, row: Pathway) -> dict[str, Any]:
    """Plans from which a circle's plan can be copied: the shelf, ready-made plans, used ones."""
    return {
        "shelf": plan_rows([*ready_made(actor, locale_code()), *shelf_of(actor, row.school_id)]),
        "used": plan_rows(plan for plan in used_before(actor, row.school_id) if plan.pathway_id != row.id),
    }


def plan_form(
    form: CirclePlanForm,
    act: Callable[[Invocation], Any],
    done: str,
    words: dict[str, Any],
    current: Callable[[], CirclePlan],
    again: str | None = None,
) -> Page:
    """Show the form of a plan and save it. When someone saved first, show their version beside what was typed."""
    try:
        return act_form(form, act, done, words, FORM)
    except Stale:
        yours = labelled_parts(form.content)
    try:
        theirs = labelled_parts(content_of(current()))
    except NotFound:
        theirs = [(_("Circle plan"), _("It was deleted."))]
    return saved_first(theirs, yours, again or request.path)


ROOM = Room(pages=(pages,), sentences=models.SENTENCES, loaders={"circle_plan": models.load_circle_plan})
