"""Pages for the keepers of a circle: who comes, when and where, the plan, the results. They open neither case nor
report.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.cases.progress import open_only
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Stale, existing
from wss_cases.foundation.i18n import _, dotted
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import moment_words, today_at, zone_of
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.circles.circle.models import CircleMeeting, MeetingState, meeting_state
from wss_cases.pathways.circles.circle.pages import EVERYONE, AnswerForm, attendance_form
from wss_cases.pathways.circles.circle.queries import kept_circle, led_visible_to
from wss_cases.pathways.circles.meeting.actions import CAME_TOGETHER, settle
from wss_cases.pathways.circles.meeting.pages import TONES, attendance_in, came_by_role, guest_in, invited_by_role
from wss_cases.pathways.circles.meeting.queries import Attendance, Guest, helpers_at
from wss_cases.pathways.circles.outside import outside_words
from wss_cases.pathways.circles.plans import pages
from wss_cases.pathways.circles.plans.models import CirclePlan, PlanContent, content_of, plan_of
from wss_cases.pathways.circles.requirements.queries import Circle, circle_of
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import kind_words, people_choices
from wss_cases.routing.engine.vocabulary import Kind


def led_circle(actor: Actor, pathway_id: int, now: datetime) -> Pathway:
    statement = led_visible_to(select(Pathway), actor, today_at(None, now)).where(Pathway.id == pathway_id)
    circle: Pathway | None = db.session.scalar(statement)
    return existing(circle)


def led_circles(actor: Actor, today: date) -> Sequence[Any]:
    """(id, school_id, kind, starts_at, room, mine) of the circles that the actor leads. Those with a planned meeting
    come first, by time. `mine`: the actor leads that meeting.
    """
    waits = (CircleMeeting.pathway_id == Pathway.id) & CircleMeeting.happened.is_(None)
    columns: Any = select(Pathway.id, Pathway.school_id, Pathway.kind, CircleMeeting.starts_at, CircleMeeting.room)
    statement = led_visible_to(
        columns.add_columns((CircleMeeting.keeper_id == actor.user_id).label("mine")), actor, today
    ).outerjoin(CircleMeeting, waits)
    order = (CircleMeeting.starts_at.is_(None), CircleMeeting.starts_at, Pathway.id)
    return db.session.execute(statement.order_by(*order)).all()


@use_case
def write_plan(uow: UnitOfWork, pathway_id: int, content: PlanContent, anyway: bool = False) -> int:
    """Write or change the plan of a circle that the actor leads; see `put_plan`. Returns the plan's id."""
    return pages.put_plan(uow, _load_led(uow, pathway_id), content, anyway)


@use_case
def answer(
    uow: UnitOfWork, pathway_id: int, state: MeetingState, attendance: Attendance | None, guest: Guest | None = None
) -> int:
    """Record the result of the planned meeting, and who came (None: everyone invited). Returns the pathway's id.

    Raises NotFound for someone who does not lead the circle, Refused when no meeting is planned or it has not begun,
    and Stale when the meeting was moved since.
    """
    row = _load_led(uow, pathway_id)
    waiting = circle_of(row).waiting
    if waiting is None:
        raise Refused("", _("This meeting was already answered."))
    meeting = existing(uow.session.get(CircleMeeting, waiting.id, with_for_update=True, populate_existing=True))
    if uow.version is not None and meeting.version != uow.version:
        raise Stale
    if meeting.starts_at > uow.now:
        raise Refused("", _("This meeting has not started yet."))
    settle(uow, row, meeting, state, attendance, guest)
    return row.id


def _load_led(uow: UnitOfWork, pathway_id: int) -> Pathway:
    row = existing(uow.session.get(Pathway, pathway_id, with_for_update=True, populate_existing=True))
    require(uow.actor, Permission.CIRCLE_LEAD, kept_circle(row.id, today_at(None, uow.now)))
    open_only(row.case)
    return row


def circle_rows(circles: Sequence[Any]) -> list[dict[str, Any]]:
    """Circles as rows of a list."""
    return [
        {
            "title": str(Kind(circle.kind).label),
            "href": url_for("keeping.circle", pathway_id=circle.id),
            "meta": dotted(moment_words(circle.starts_at, zone_of(circle.school_id)), circle.room)
            if circle.starts_at is not None
            else _("No meeting is scheduled yet."),
            "tag": _("You lead it") if circle.mine else None,
        }
        for circle in circles
    ]


def circle_page(row: Pathway, circle: Circle, plan: CirclePlan | None, now: datetime) -> dict[str, Any]:
    """Values of the keeper's page of a circle. Names appear only when a meeting is scheduled, because until then no one
    has agreed to come.
    """
    waiting, zone = circle.waiting, zone_of(row.school_id)
    answered = [meeting for meeting in circle.meetings if meeting.happened is not None]
    begun = waiting is not None and waiting.starts_at <= now
    return {
        "title": str(Kind(row.kind).label),
        "when": moment_words(waiting.starts_at, zone) if waiting else "",
        "meta": _place(waiting, circle) if waiting else "",
        "people": _people(circle) if waiting else [],
        "keepers": ", ".join([*circle.keeper_names.values(), *outside_words(row.id, today_at(row.school_id, now))]),
        "answer": url_for("keeping.answer", pathway_id=row.id) if begun else None,
        "answered": [_answered(meeting, circle, zone) for meeting in answered],
        "parts": pages.parts_of(plan) if plan else None,
        "plan": url_for("keeping.plan", pathway_id=row.id),
        "sheet": url_for("keeping.sheet", pathway_id=row.id),
    }


def _place(meeting: CircleMeeting, circle: Circle) -> str:
    leads = circle.keeper_names.get(meeting.keeper_id, "")
    return dotted(meeting.room, _("%(minutes)d minutes", minutes=meeting.minutes), leads)


def _people(circle: Circle) -> list[dict[str, str]]:
    beside: dict[int, list[str]] = {}
    for supporter in circle.supporters:
        if supporter.ended_at is None:
            beside.setdefault(supporter.participant_id, []).append(supporter.name)
    return [
        {"name": name, "beside": _("with them: %(names)s", names=", ".join(beside[key])) if key in beside else ""}
        for key, name in circle.names.items()
    ]


def _answered(meeting: CircleMeeting, circle: Circle, zone: str) -> dict[str, Any]:
    state = meeting_state(meeting.happened, meeting.not_held_reason)
    return {
        "title": moment_words(meeting.starts_at, zone),
        "tag": str(MeetingState(state).label),
        "tone": TONES.get(state, "slate"),
        "came": came_by_role(meeting, circle),
    }


blueprint = Blueprint("keeping", __name__, url_prefix="/keeping")


@blueprint.get("")
@gate(Permission.CIRCLE_LEAD)
def circles() -> Page:
    actor = current_actor()
    rows = circle_rows(led_circles(actor, today_at(None, clock.now())))
    return render_template("pathways/circles/keeping/list.html", rows=rows)


@blueprint.get("/<int:pathway_id>")
@gate(Permission.CIRCLE_LEAD)
def circle(pathway_id: int) -> Page:
    """A circle: who comes, when and where, its plan, and the results of its meetings."""
    now = clock.now()
    row = led_circle(current_actor(), pathway_id, now)
    shown = circle_page(row, circle_of(row), plan_of(row.id), now)
    return render_template("pathways/circles/keeping/circle.html", **shown)


@blueprint.get("/<int:pathway_id>/print")
@gate(Permission.CIRCLE_LEAD)
def sheet(pathway_id: int) -> Page:
    row = led_circle(current_actor(), pathway_id, clock.now())
    parts = pages.parts_of(existing(plan_of(row.id)))
    return render_template("pathways/circles/plans/sheet.html", parts=parts, back=_page_of(row))


@blueprint.route("/<int:pathway_id>/plan", methods=["GET", "POST"])
@gate(Permission.CIRCLE_LEAD)
def plan(pathway_id: int) -> Page:
    actor = current_actor()
    row = led_circle(actor, pathway_id, clock.now())
    known = plan_of(row.id)
    content = pages.copied_content(actor) or (content_of(known) if known else PlanContent(title=kind_words(row)))
    form = pages.CirclePlanForm(version=known.version if known else "", **asdict(content))
    here = url_for("keeping.plan", pathway_id=row.id)
    words = {**_words(row, _("Circle plan"), _("Save the plan")), "circle_href": here}
    return pages.plan_form(
        form,
        lambda call: write_plan(call, row.id, form.content, bool(form.anyway.data)),
        _page_of(row),
        {**words, **pages.plans_to_copy(actor, row)},
        lambda: existing(plan_of(pathway_id)),
        here,
    )


@blueprint.route("/<int:pathway_id>/answer", methods=["GET", "POST"], endpoint="answer")
@gate(Permission.CIRCLE_LEAD)
def answer_page(pathway_id: int) -> Page:
    """Record whether the meeting took place. The next page asks who came."""
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
        answer(submitted(form), pathway_id, state, None if everyone else Attendance())
        return _page_of(row)

    words = _words(row, _("Did the meeting take place?"), _("Next"), facts=[_when(row, waiting)])
    return form_page(form, act, lambda address: address, "pathways/circles/keeping/act.html", **words)


@blueprint.route("/<int:pathway_id>/<any(held, no_show, walked_out):state>", methods=["GET", "POST"])
@gate(Permission.CIRCLE_LEAD)
def attendance(pathway_id: int, state: str) -> Page:
    """Record who came, by role, and with it the result of the meeting."""
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
        lambda call: answer(call, row.id, became, attendance_in(form, people), guest_in(form)),
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


ROOM = Room(pages=(blueprint,))
