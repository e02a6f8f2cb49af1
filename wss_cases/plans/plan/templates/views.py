"""Pages of the template of safety plans: the version in force, earlier and coming ones, and the next one."""

from flask import Blueprint, flash, redirect, render_template, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import either
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.plan.templates.actions import change_template, confirm_template
from wss_cases.plans.plan.templates.forms import NEW, template_form
from wss_cases.plans.plan.templates.models import PlanTemplate
from wss_cases.plans.plan.templates.queries import questions_of, template_on, versions

blueprint = Blueprint("plan_templates", __name__, url_prefix="/safety-plans/templates")


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


@blueprint.post("/<int:plan_template_id>/confirm")
@gate(Permission.PLAN_TEMPLATE_EDIT)
def confirm(plan_template_id: int) -> Page:
    """Say that the district has checked a version."""
    try:
        confirm_template(Invocation(current_actor(), clock.now()), plan_template_id)
    except Refused as refused:
        flash(refused.message, "warning")
    return redirect(url_for("plan_templates.template"), 303)
