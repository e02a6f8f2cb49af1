"""Pages of circle plans: the shelf, one plan and its sheet, writing one for a circle, a day or the shelf."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import STAFF, Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Stale, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, saved_first, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.circles.circle.keepers import get_circle
from wss_cases.pathways.circles.plans import actions
from wss_cases.pathways.circles.plans.forms import CirclePlanForm, CommunityPlanForm, NewPlanForm
from wss_cases.pathways.circles.plans.models import CirclePlan
from wss_cases.pathways.circles.plans.presenters import belongs_words, labelled_parts, parts_of, plan_acts, plan_rows
from wss_cases.pathways.circles.plans.queries import (
    followed_on,
    get_circle_plan,
    plan_of,
    ready_made,
    shelf_of,
    used_before,
)
from wss_cases.pathways.circles.plans.rules import PlanContent, content_of
from wss_cases.pathways.circles.plans.states import OWN_KINDS, CirclePlanKind
from wss_cases.pathways.common.forms import number, people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import kind_words, page_of
from wss_cases.training.records.queries import staff_of

blueprint = Blueprint("circle_plans", __name__)
FORM = "pathways/circles/plans/form.html"


def _school_id(actor: Actor) -> int:
    return existing(chosen_school_id(actor, *STAFF))


@blueprint.get("/circle-plans")
@gate(Permission.PRACTICE_LOG)
def shelf() -> Page:
    """Plans to copy: ready-made ones, the school's shelf, and those used before that this person may read."""
    actor = current_actor()
    school_id = _school_id(actor)
    return render_template(
        "pathways/circles/plans/shelf.html",
        shelf=plan_rows(shelf_of(actor, school_id)),
        ready=plan_rows(ready_made(actor, locale_code())),
        used=plan_rows(used_before(actor, school_id)),
    )


@blueprint.get("/circle-plans/<int:circle_plan_id>")
@gate(Permission.CIRCLE_PLAN_READ)
def plan(circle_plan_id: int) -> Page:
    """One plan."""
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


@blueprint.get("/circle-plans/<int:circle_plan_id>/print")
@gate(Permission.CIRCLE_PLAN_READ)
def sheet(circle_plan_id: int) -> Page:
    """The plan as a sheet in large letters, to hold in the circle."""
    row = get_circle_plan(current_actor(), circle_plan_id)
    back = url_for("circle_plans.plan", circle_plan_id=row.id)
    return render_template("pathways/circles/plans/sheet.html", parts=parts_of(row), back=back)


def _belongs(row: CirclePlan) -> str:
    return belongs_words(row, user_names([row.keeper_id]))


def copied_content(actor: Actor) -> PlanContent | None:
    """Return what the plan says that the address asks to copy (`copied`); None where it asks for none."""
    copied_id = id_in(request.args.get("copied"))
    return content_of(get_circle_plan(actor, copied_id)) if copied_id is not None else None


@blueprint.route("/circle-plans/new", methods=["GET", "POST"])
@gate(Permission.PRACTICE_LOG)
def new() -> Page:
    """Write a plan for a community circle or the shelf, from nothing or from another one."""
    actor = current_actor()
    school_id = _school_id(actor)
    today = today_at(school_id, clock.now())
    asked = request.args.get("kind", "")
    form = NewPlanForm(
        kind=asked if asked in set(OWN_KINDS) else CirclePlanKind.COMMUNITY.value,
        planned_on=today,
        keeper=str(actor.user_id),
        **asdict(copied_content(actor) or PlanContent()),
    )
    form.keeper.choices = people_choices(user_names([actor.user_id]) | staff_of(school_id, today))
    words = {"title": _("New circle plan"), "go_words": _("Save the plan"), "back_href": url_for("circle_plans.shelf")}
    return act_form(
        form,
        lambda call: actions.make_plan(
            call, school_id, CirclePlanKind(form.kind.data), form.content, **_when(form), anyway=bool(form.anyway.data)
        ),
        lambda plan_id: with_flash(_("Plan saved."), url_for("circle_plans.plan", circle_plan_id=plan_id))(plan_id),
        words,
        FORM,
    )


def _when(form: CommunityPlanForm) -> dict[str, Any]:
    return {"planned_on": form.planned_on.data, "keeper_id": number(form.keeper.data)}


@blueprint.route("/circle-plans/<int:circle_plan_id>/change", methods=["GET", "POST"])
@gate(Permission.CIRCLE_PLAN_WRITE)
def change(circle_plan_id: int) -> Page:
    """Change a plan that belongs to no case."""
    actor = current_actor()
    row = get_circle_plan(actor, circle_plan_id)
    require(actor, Permission.CIRCLE_PLAN_WRITE, row)
    here = url_for("circle_plans.plan", circle_plan_id=row.id)
    if row.kind is CirclePlanKind.CIRCLE:
        return redirect(url_for("circle_plans.of_circle", case_id=row.case_id, pathway_id=row.pathway_id), 303)
    said: dict[str, Any] = {"version": row.version, **asdict(content_of(row))}
    if row.kind is CirclePlanKind.COMMUNITY:
        school_id = existing(row.school_id)
        form = CommunityPlanForm(planned_on=row.planned_on, keeper=str(row.keeper_id), **said)
        staff = user_names([row.keeper_id]) | staff_of(school_id, today_at(school_id, clock.now()))
        form.keeper.choices = people_choices(staff)
    else:
        form = CirclePlanForm(**said)
    words = {"title": _("Change the plan"), "go_words": _("Save the plan"), "back_href": here, "lede": _belongs(row)}
    return plan_form(
        form,
        lambda call: actions.change_plan(
            call, row.id, form.content, anyway=bool(form.anyway.data),
            **(_when(form) if isinstance(form, CommunityPlanForm) else {}),
        ),
        here,
        words,
        lambda: get_circle_plan(actor, circle_plan_id),
    )  # fmt: skip


@blueprint.post("/circle-plans/<int:circle_plan_id>/delete")
@gate(Permission.CIRCLE_PLAN_WRITE)
def delete(circle_plan_id: int) -> Page:
    """Delete a plan that belongs to no case."""
    actor = current_actor()
    actions.delete_plan(Invocation(actor, clock.now()), get_circle_plan(actor, circle_plan_id).id)
    return redirect(url_for("circle_plans.shelf"), 303)


@blueprint.route("/cases/<int:case_id>/pathways/<int:pathway_id>/circle-plan", methods=["GET", "POST"])
@gate(Permission.CASE_WORK)
def of_circle(case_id: int, pathway_id: int) -> Page:
    """Write or change the plan of a circle, from nothing or from another one."""
    actor = current_actor()
    row = get_circle(actor, case_id, pathway_id)
    known = plan_of(row.id)
    said = copied_content(actor) or (content_of(known) if known else PlanContent(title=kind_words(row)))
    form = CirclePlanForm(version=known.version if known else "", **asdict(said))
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
        lambda call: actions.write_for_circle(call, row.id, form.content, bool(form.anyway.data)),
        page_of(row),
        words,
        lambda: existing(plan_of(pathway_id)),
        here,
    )


def plans_to_copy(actor: Actor, row: Pathway) -> dict[str, Any]:
    """Return what the form of a circle's plan offers to start from: the shelf, ready-made plans, used ones."""
    return {
        "shelf": plan_rows([*ready_made(actor, locale_code()), *shelf_of(actor, row.school_id)]),
        "used": plan_rows(one for one in used_before(actor, row.school_id) if one.pathway_id != row.id),
    }


def plan_form(
    form: CirclePlanForm,
    act: Callable[[Invocation], Any],
    done: str,
    words: dict[str, Any],
    current: Callable[[], CirclePlan],
    again: str | None = None,
) -> Page:
    """Show the form of a plan and save it; where somebody saved first, show what stands there beside what was typed."""
    try:
        return act_form(form, act, done, words, FORM)
    except Stale:
        yours = labelled_parts(form.content)
    try:
        theirs = labelled_parts(content_of(current()))
    except NotFound:
        theirs = [(_("Circle plan"), _("It was deleted."))]
    return saved_first(theirs, yours, again or request.path)
