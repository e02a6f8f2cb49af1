"""Pages of a keeper who sees their circle and nothing of its case: who comes, its plan, whether it happened."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at, zone_of
from wss_cases.pathways.circles.circle.forms import EVERYONE, AnswerForm, attendance_form
from wss_cases.pathways.circles.circle.models import CircleMeeting
from wss_cases.pathways.circles.circle.states import MeetingState
from wss_cases.pathways.circles.keeping import actions
from wss_cases.pathways.circles.keeping.presenters import circle_page, circle_rows
from wss_cases.pathways.circles.keeping.queries import led_circle, led_circles
from wss_cases.pathways.circles.meeting.actions import CAME_TOGETHER
from wss_cases.pathways.circles.meeting.presenters import attendance_in, guest_in, invited_by_role
from wss_cases.pathways.circles.meeting.queries import helpers_at
from wss_cases.pathways.circles.meeting.rules import Attendance
from wss_cases.pathways.circles.plans.forms import CirclePlanForm
from wss_cases.pathways.circles.plans.presenters import parts_of
from wss_cases.pathways.circles.plans.queries import plan_of
from wss_cases.pathways.circles.plans.rules import PlanContent, content_of
from wss_cases.pathways.circles.plans.views import copied_content, plan_form, plans_to_copy
from wss_cases.pathways.circles.requirements.queries import circle_of
from wss_cases.pathways.common.forms import people_choices
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.views import kind_words

blueprint = Blueprint("keeping", __name__, url_prefix="/keeping")


@blueprint.get("")
@gate(Permission.CIRCLE_LEAD)
def circles() -> Page:
    """The circles that this person leads as a keeper."""
    actor = current_actor()
    rows = circle_rows(led_circles(actor, today_at(None, clock.now())))
    return render_template("pathways/circles/keeping/list.html", rows=rows)


@blueprint.get("/<int:pathway_id>")
@gate(Permission.CIRCLE_LEAD)
def circle(pathway_id: int) -> Page:
    """One circle: who comes, when and where, its plan, and what became of its meetings."""
    now = clock.now()
    row = led_circle(current_actor(), pathway_id, now)
    shown = circle_page(row, circle_of(row), plan_of(row.id), now)
    return render_template("pathways/circles/keeping/circle.html", **shown)


@blueprint.get("/<int:pathway_id>/print")
@gate(Permission.CIRCLE_LEAD)
def sheet(pathway_id: int) -> Page:
    """The circle's plan as a sheet in large letters."""
    row = led_circle(current_actor(), pathway_id, clock.now())
    parts = parts_of(existing(plan_of(row.id)))
    return render_template("pathways/circles/plans/sheet.html", parts=parts, back=_page_of(row))


@blueprint.route("/<int:pathway_id>/plan", methods=["GET", "POST"])
@gate(Permission.CIRCLE_LEAD)
def plan(pathway_id: int) -> Page:
    """Write or change the circle's plan."""
    actor = current_actor()
    row = led_circle(actor, pathway_id, clock.now())
    known = plan_of(row.id)
    said = copied_content(actor) or (content_of(known) if known else PlanContent(title=kind_words(row)))
    form = CirclePlanForm(version=known.version if known else "", **asdict(said))
    here = url_for("keeping.plan", pathway_id=row.id)
    words = {**_words(row, _("Circle plan"), _("Save the plan")), "circle_href": here}
    return plan_form(
        form,
        lambda call: actions.write_plan(call, row.id, form.content, bool(form.anyway.data)),
        _page_of(row),
        {**words, **plans_to_copy(actor, row)},
        lambda: existing(plan_of(pathway_id)),
        here,
    )


@blueprint.route("/<int:pathway_id>/answer", methods=["GET", "POST"])
@gate(Permission.CIRCLE_LEAD)
def answer(pathway_id: int) -> Page:
    """Did it happen? Who came is asked on the next page."""
    row = led_circle(current_actor(), pathway_id, clock.now())
    waiting = circle_of(row).waiting
    if waiting is None:
        return redirect(_page_of(row), 303)
    form = AnswerForm(version=waiting.version)

    def act() -> str:
        everyone = form.state.data == EVERYONE
        state = MeetingState.HELD if everyone else MeetingState(form.state.data)
        if state in CAME_TOGETHER and not everyone:
            return url_for("keeping.attendance", pathway_id=pathway_id, state=state.value)
        actions.answer(submitted(form), pathway_id, state, None if everyone else Attendance())
        return _page_of(row)

    words = _words(row, _("Did the meeting take place?"), _("Next"), facts=[_when(row, waiting)])
    return form_page(form, act, lambda address: address, "pathways/circles/keeping/act.html", **words)


@blueprint.route("/<int:pathway_id>/<any(held, no_show, walked_out):state>", methods=["GET", "POST"])
@gate(Permission.CIRCLE_LEAD)
def attendance(pathway_id: int, state: str) -> Page:
    """Who came, by role; then the meeting is answered."""
    row = led_circle(current_actor(), pathway_id, clock.now())
    now_known = circle_of(row)
    waiting = now_known.waiting
    if waiting is None:
        return redirect(_page_of(row), 303)
    people = invited_by_role(now_known, helpers_at(row, waiting))
    form = attendance_form(people, waiting.version)
    form["guest_beside"].choices = people_choices(now_known.names, _("Choose one"))
    became = MeetingState(state)
    return act_form(
        form,
        lambda call: actions.answer(call, row.id, became, attendance_in(form, people), guest_in(form)),
        _page_of(row),
        _words(row, _("Who came?"), _("Save the answer"), facts=[_when(row, waiting), str(became.label)]),
        "pathways/circles/keeping/act.html",
    )


def _page_of(row: Pathway) -> str:
    return url_for("keeping.circle", pathway_id=row.id)


def _when(row: Pathway, meeting: CircleMeeting) -> str:
    return dotted(moment_words(meeting.starts_at, zone_of(row.school_id)), meeting.room)


def _words(row: Pathway, title: str, go_words: str, **more: Any) -> dict[str, Any]:
    here, words = _page_of(row), kind_words(row)
    crumbs = [(_("Circles I keep"), url_for("keeping.circles")), (words, here), (title, None)]
    return {"title": title, "lede": words, "go_words": go_words, "back_href": here, "crumbs": crumbs, **more}
