"""One case for the district: the reason first, then this case alone, to read, until its time is over."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.cases.case.pages import person_words
from wss_cases.cases.case.queries import notes_of
from wss_cases.casework.access.one_case.actions import end_one, open_one
from wss_cases.casework.access.one_case.forms import OneCaseForm
from wss_cases.casework.access.one_case.queries import get_opened, open_now
from wss_cases.casework.case_file.presenters import head, history_items, open_page
from wss_cases.casework.case_file.queries import history_seen
from wss_cases.casework.next_act.presenters import kind_words, state_words
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.states import KINDS
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words, moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone
from wss_cases.foundation.settings.reading import setting
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.pathways.common.forms import number

blueprint = Blueprint("one_case", __name__, url_prefix="/one-case")
ENTRIES = 10


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.CASE_OPEN_ONE)
def choose() -> Page:
    """Say which case and why; below, what is open already."""
    actor, now = current_actor(), clock.now()
    form = OneCaseForm()
    return form_page(
        form,
        lambda: open_one(submitted(form), form.reference.data or "", form.reason.data or ""),
        lambda case_id: url_for("one_case.case", case_id=case_id),
        "casework/access/one_case/choose.html",
        hours=setting("ONE_CASE_HOURS"),
        opened=[
            {
                "title": case.reference,
                "href": url_for("one_case.case", case_id=case.id),
                "meta": _("until %(moment)s", moment=moment_words(row.expires_at, district_zone())),
            }
            for row, case in open_now(actor, now)
        ],
    )


@blueprint.get("/<int:case_id>")
@gate(Permission.CASE_OPEN_ONE)
def case(case_id: int) -> Page:
    """The case, to read."""
    actor, now = current_actor(), clock.now()
    opening, found = get_opened(actor, case_id, now)
    page = open_page(found, current_actor(), now)
    entries = history_seen(found, actor, number(request.args.get("before")), ENTRIES, page.file.incident_ids)
    older = url_for("one_case.case", case_id=case_id, before=entries[-1].id) if len(entries) == ENTRIES else None
    shown: dict[str, Any] = head(page, actor, "")
    due = [(row.title or KINDS.get(row.kind, KINDS["other"]), row) for row in page.file.follow_ups]
    return render_template(
        "casework/access/one_case/open.html",
        case=found,
        title=shown["title"],
        lede=shown["lede"],
        state=shown["state"],
        reason=opening.reason,
        until=moment_words(opening.expires_at, page.zone),
        people=[(person_words(row), str(PersonRole(row.role).label)) for row in page.file.people],
        pathways=[(kind_words(row), state_words(row)) for row in page.file.pathways],
        follow_ups=[
            (str(words), day_words(row.due_on), _("Open") if row.state is FollowUpState.OPEN else _("Settled"))
            for words, row in due
        ],
        entries=history_items(entries, page.zone, {note.id: note.text for note in notes_of(found.id)}),
        older=older,
    )


@blueprint.post("/<int:case_id>/end")
@gate(Permission.CASE_OPEN_ONE)
def end(case_id: int) -> Page:
    """Give it up before its time is over."""
    end_one(current_actor(), case_id, clock.now())
    return redirect(url_for("one_case.choose"), 303)
