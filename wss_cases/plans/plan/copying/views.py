"""The page on which a plan is copied forward."""

from flask import Blueprint, flash, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page
from wss_cases.plans.plan.copying.actions import copy_forward
from wss_cases.plans.plan.copying.forms import copy_form
from wss_cases.plans.plan.core.presenters import plan_trail
from wss_cases.plans.plan.core.queries import writable_plan
from wss_cases.plans.plan.goals.queries import without_baseline

blueprint = Blueprint("plan_copies", __name__, url_prefix="/safety-plans")


@blueprint.route("/<int:school_plan_id>/copy", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def copy(school_plan_id: int) -> Page:
    """Copy a plan forward to a later year; afterwards its page names what must be frozen anew."""
    plan = writable_plan(current_actor(), school_plan_id)
    form = copy_form(plan, clock.now())
    title = _("Copy forward to a new plan")
    words = {
        "title": title,
        "lede": _(
            "Answers, goals, strategies, and steps are copied. Baselines, progress, votes, reviews, and the committee "
            "are not: they belong to the year they were made in."
        ),
        "crumbs": plan_trail(plan, title),
        "back_href": url_for("plans.home", school_plan_id=plan.id),
        "go_words": _("Copy forward"),
    }
    return act_form(form, lambda call: copy_forward(call, plan.id, form.head), _copied, words, "plans/part.html")


def _copied(plan_id: int) -> str:
    """Say how many baselines must be frozen anew, and go to the new plan, which names them."""
    count = len(without_baseline(plan_id))
    words = ngettext("Copied. %(num)s goal needs a new baseline.", "Copied. %(num)s goals need a new baseline.", count)
    flash(words if count else _("Copied."))
    return url_for("plans.home", school_plan_id=plan_id)
