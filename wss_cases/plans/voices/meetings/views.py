"""Pages of meetings: the list, a meeting, what was heard, and "You said, we did"."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import asked_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import panels_for
from wss_cases.journal.rooms import Place
from wss_cases.plans.plan.core.presenters import plan_frame
from wss_cases.plans.plan.core.queries import get_plan
from wss_cases.plans.plan.core.rules import PLAN_READERS
from wss_cases.plans.voices.meetings import actions
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.meetings.presenters import (
    answer_form,
    facts_of,
    heard_form,
    meeting_form,
    meeting_rows,
    meeting_title,
    notice_words,
    plans_ahead,
    voice_rows,
)
from wss_cases.plans.voices.meetings.queries import (
    PAGE,
    get_heard,
    get_meeting,
    heard_at,
    meetings_of,
    unanswered_at,
    voices_of,
)
from wss_cases.plans.voices.meetings.states import Theme
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")
FORM = "plans/voices/meetings/form.html"
TAB = "meetings.of_plan"


def _home() -> tuple[Any, str]:
    return _("Meetings"), url_for("meetings.meetings")


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def meetings() -> Page:
    """The school's meetings, those to come first, and how many voices wait for an answer."""
    actor = current_actor()
    school_id = asked_school_id(actor, *PLAN_READERS)
    if school_id is None:
        return render_template("plans/voices/meetings/no_school.html", title=_("Meetings"))

    def address(**after: Any) -> str:
        return url_for("meetings.meetings", school=school_id, **after)

    return render_template("plans/voices/meetings/list.html", **_listed(actor, school_id, address))


@blueprint.get("/of-plan/<int:school_plan_id>")
@gate(Permission.PLAN_READ)
def of_plan(school_plan_id: int) -> Page:
    """The same as a tab of the school's plan."""
    actor = current_actor()
    plan = get_plan(actor, school_plan_id)

    def address(**after: Any) -> str:
        return url_for("meetings.of_plan", school_plan_id=plan.id, **after)

    return render_template(
        "plans/voices/meetings/tab.html", **_listed(actor, plan.school_id, address), **plan_frame(actor, plan, TAB)
    )


def _listed(actor: Actor, school_id: int, address: Callable[..., str]) -> dict[str, Any]:
    after = id_in(request.args.get("after"))
    found = meetings_of(actor, school_id, after)
    shown, today = found[:PAGE], today_at(school_id, clock.now())
    return {
        "school_id": school_id,
        "rows": meeting_rows(shown, unanswered_at(one.id for one in shown), today),
        "may_record": can(actor, Permission.MEETING_RECORD, get_school(school_id)),
        "newer": address() if after else None,
        "older": address(after=shown[-1].id) if len(found) > PAGE else None,
    }


@blueprint.get("/voices")
@gate(Permission.PLANS_LIST)
def voices() -> Page:
    """You said, we did: everything that was heard, what waits for an answer first."""
    actor = current_actor()
    school_id = asked_school_id(actor, *PLAN_READERS)
    if school_id is None:
        return render_template("plans/voices/meetings/no_school.html", title=_("You said, we did"))
    after = id_in(request.args.get("after"))
    found = voices_of(actor, school_id, after)
    shown = found[:PAGE]
    may_record = can(actor, Permission.MEETING_RECORD, get_school(school_id))
    rows = voice_rows([one for one, _meeting in shown], today_at(school_id, clock.now()))
    for row, (_one, meeting) in zip(rows, shown, strict=True):
        row["meeting"] = meeting_title(meeting)
    return render_template(
        "plans/voices/meetings/voices.html",
        rows=rows,
        may_work=may_record,
        newer=url_for("meetings.voices", school=school_id) if after else None,
        older=url_for("meetings.voices", school=school_id, after=shown[-1][0].id) if len(found) > PAGE else None,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.MEETING_RECORD)
def new() -> Page:
    """Write down a meeting in two minutes: taps and numbers, and the themes that were heard."""
    actor = current_actor()
    school_id = existing(asked_school_id(actor, *PLAN_READERS))
    form = meeting_form(today_at(school_id, clock.now()))
    title, home = _("Write down a meeting"), _home()
    words = {"title": title, "go_words": _("Save"), "crumbs": [home, (title, None)], "back_href": home[1]}
    return act_form(
        form,
        lambda call: actions.record_meeting(call, school_id, form.held, [Theme(one) for one in form.themes.data or ()]),
        lambda meeting_id: url_for("meetings.meeting", school_meeting_id=meeting_id),
        words,
        FORM,
    )


@blueprint.get("/<int:school_meeting_id>")
@gate(Permission.PLAN_READ)
def meeting(school_meeting_id: int) -> Page:
    """One meeting: its facts, what was heard, and what was answered."""
    actor = current_actor()
    row = _loaded(school_meeting_id)
    today = today_at(row.school_id, clock.now())
    return render_template(
        "plans/voices/meetings/meeting.html",
        title=meeting_title(row),
        meeting=row,
        facts=facts_of(row, today),
        warning=notice_words(row),
        voices=voice_rows(heard_at(actor, row.id), today),
        was_held=row.held_on <= today,
        plans=plans_ahead(actor, row) if row.held_on > today else [],
        may_work=can(actor, Permission.PLAN_WORK, row),
        panels=panels_for(Place.SCHOOL_MEETING, actor, row),
    )


@blueprint.route("/<int:school_meeting_id>/heard", methods=["GET", "POST"])
@gate(Permission.PLAN_WORK)
def hear(school_meeting_id: int) -> Page:
    """Write down one more thing that was heard."""
    row = _loaded(school_meeting_id)
    form = heard_form(row)
    return act_form(
        form,
        lambda call: actions.write_heard(call, row.id, form.voice, bool(form.anyway.data)),
        _here(row),
        _words(_("What was heard"), row),
        "plans/voices/meetings/heard.html",
    )


def _here(row: SchoolMeeting) -> str:
    return url_for("meetings.meeting", school_meeting_id=row.id)


def _words(title: Any, row: SchoolMeeting) -> dict[str, Any]:
    """Return what stands beside a form about a meeting."""
    here = _here(row)
    crumbs = [_home(), (meeting_title(row), here), (title, None)]
    return {"title": title, "go_words": _("Save"), "crumbs": crumbs, "back_href": here}


@blueprint.route("/<int:school_meeting_id>/change", methods=["GET", "POST"])
@gate(Permission.PLAN_WORK)
def change(school_meeting_id: int) -> Page:
    """Correct a meeting; what stood there stays in the audit log."""
    row = _loaded(school_meeting_id)
    form = meeting_form(today_at(row.school_id, clock.now()), row)
    words = _words(_("Change the meeting"), row)
    return act_form(form, lambda call: actions.change_meeting(call, row.id, form.held), _here(row), words, FORM)


def _loaded(school_meeting_id: int) -> SchoolMeeting:
    return get_meeting(current_actor(), school_meeting_id)


@blueprint.route("/heard/<int:heard_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WORK)
def heard(heard_id: int) -> Page:
    """What was heard, and the school's answer: what changed, and where in the plan."""
    row = get_heard(current_actor(), heard_id)
    meeting_row = _loaded(row.meeting_id)
    form = answer_form(row, meeting_row)
    return act_form(
        form,
        lambda call: actions.answer_heard(call, row.id, form.voice, form.answered, bool(form.anyway.data)),
        _here(meeting_row),
        _words(row.theme.label, meeting_row),
        "plans/voices/meetings/heard.html",
    )
