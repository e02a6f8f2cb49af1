"""Pages of a plan's committee: the list, a new entry, and one that is changed."""

from typing import Any

from flask import Blueprint, render_template, url_for

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.plans.plan.committee.actions import add_member, change_member
from wss_cases.plans.plan.committee.forms import MemberForm
from wss_cases.plans.plan.committee.presenters import member_rows, member_words
from wss_cases.plans.plan.committee.queries import get_member, members_of
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.presenters import plan_frame, plan_trail
from wss_cases.plans.plan.core.queries import get_plan, writable_plan
from wss_cases.plans.plan.core.states import EDITABLE
from wss_cases.plans.plan.core.views import part_page

blueprint = Blueprint("plan_committee", __name__, url_prefix="/safety-plans")
TAB = "plan_committee.members"


@blueprint.get("/<int:school_plan_id>/committee")
@gate(Permission.PLAN_READ)
def members(school_plan_id: int) -> Page:
    """Who sits on the committee."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)
    writes = can(actor, Permission.PLAN_WRITE, plan) and plan.state in EDITABLE
    rows = member_rows(members_of(plan.id), today_at(plan.school_id, clock.now()), writes)
    return render_template("plans/committee/list.html", rows=rows, writes=writes, **plan_frame(actor, plan, TAB))


@blueprint.route("/<int:school_plan_id>/committee/new", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def add(school_plan_id: int) -> Page:
    """Add a person, an organization, or how many students."""
    plan = writable_plan(current_actor(), school_plan_id)
    form = MemberForm(starts_on=today_at(plan.school_id, clock.now()), people=1)
    words = _words(plan, _("Add to the committee"))
    return part_page(form, lambda call: add_member(call, plan.id, form.seat, bool(form.anyway.data)), words)


@blueprint.route("/committee/<int:plan_member_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def member(plan_member_id: int) -> Page:
    """Change an entry, or end it."""
    row = get_member(current_actor(), plan_member_id)
    plan = writable_plan(current_actor(), row.plan_id)
    form = MemberForm(obj=row)
    words = _words(plan, member_words(row))
    return part_page(
        form, lambda call: change_member(call, row.id, form.seat, bool(form.anyway.data)), words,
        lambda: MemberForm(obj=get_member(current_actor(), plan_member_id), formdata=None),
    )  # fmt: skip


def _words(plan: SchoolPlan, title: str) -> dict[str, Any]:
    href = url_for(TAB, school_plan_id=plan.id)
    crumbs = plan_trail(plan, title, (_("Committee"), href))
    return {"title": title, "crumbs": crumbs, "back_href": href, "go_words": _("Save")}
