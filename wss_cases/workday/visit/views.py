"""The page of a visit: everything open about one person, closed together in one form."""

from collections.abc import Sequence

from flask import Blueprint, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.followups.about import about
from wss_cases.followups.calendar import Calendars
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.core.queries import FollowUpRow, get_follow_up
from wss_cases.followups.core.states import RECORDED_ELSEWHERE
from wss_cases.followups.evidence import BY_CONTACT, NAMES_WHOM
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import is_storable
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import numbers_in
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import today_at
from wss_cases.workday.visit.actions import Done, close_visit
from wss_cases.workday.visit.forms import VisitForm, visit_form
from wss_cases.workday.visit.presenters import Open, calling_of, closed_rows, kept_texts, link_rows, open_rows
from wss_cases.workday.visit.queries import MOST, circles_among, kept_by, visited

blueprint = Blueprint("visit", __name__)

SHOWN = "version_"
"""Begins the names of the fields that say which follow-ups, in which version, a sent form was shown with."""


@blueprint.route("/follow-ups/<int:follow_up_id>/visit", methods=["GET", "POST"])
@gate(Permission.FOLLOWUP_WORK)
def visit(follow_up_id: int) -> Page:
    """Everything open about the person whom a follow-up names; sent back, what has an outcome is closed together."""
    actor, now = current_actor(), clock.now()
    asked = get_follow_up(actor, follow_up_id)
    sent = _sent_versions()
    found = visited(actor, asked, sent)
    circles = circles_among(found.own)
    to_close = [row for row in found.own if row.kind not in RECORDED_ELSEWHERE]
    form = visit_form(to_close, circles, today_at(asked.school_id, now))
    still_open = [row for row in to_close if row.state is FollowUpState.OPEN]
    gone = sorted(set(sent) - {row.id for row in to_close})
    calendars = Calendars(now)
    whom = about(actor, found.own, call=True)
    shown = Open(
        actor, asked.id, calendars, circles, kept_by(actor, {one for each in circles.values() for one in each})
    )
    changed = [row for row in still_open if sent.get(row.id, row.version) != row.version]
    return form_page(
        form,
        lambda: _close(form, to_close, sent, gone),
        url_for("my_day.page"),
        "workday/visit/page.html",
        who=next((one.who for one in whom.values()), ""),
        phones=list(dict.fromkeys(call for one in whom.values() for call in one.phones)),
        calling=calling_of(found.own, whom),
        asks_manner=any(row.kind in BY_CONTACT - NAMES_WHOM for row in still_open),
        rows=open_rows(form, still_open, shown, {row.id for row in changed}),
        links=link_rows([row for row in found.own if row.kind in RECORDED_ELSEWHERE], found.shared, shown),
        closed=closed_rows([row for row in to_close if row not in still_open]),
        kept=kept_texts(form, [row for row in to_close if row not in still_open], _texts_of(gone)),
        gone=bool(gone),
        most=MOST if len(found.own) >= MOST else None,
        back=url_for("my_day.page"),
    )


def _sent_versions() -> dict[int, int]:
    """Return the follow-ups that a sent form was shown with, each with its version then; none of a page first shown."""
    sent = {}
    for name, text in request.form.items():
        for number in numbers_in([name.removeprefix(SHOWN)]) if name.startswith(SHOWN) else ():
            sent[number] = numbers_in([text])[0] if numbers_in([text]) else 0
    return dict(list(sent.items())[:MOST])


def _texts_of(ids: Sequence[int]) -> list[str]:
    typed = (request.form.get(f"note_{number}", "") for number in ids)
    return [text for text in typed if text.strip() and is_storable(text)]


def _close(form: VisitForm, rows: Sequence[FollowUpRow], sent: dict[int, int], gone: Sequence[int]) -> int:
    if gone:
        raise Refused("", _("Part of this is no longer yours to close. Nothing is saved yet: check it below."))
    done = []
    for row in rows:
        outcome, shown = form.own("outcome", row.id).data or "", form.shown(row)
        if not outcome and (shown.note.strip() or shown.who.strip() or shown.language.strip()):
            raise Refused(f"outcome_{row.id}", _("Choose how it went, or clear what you typed."))
        if outcome:
            done.append(Done(row.id, sent.get(row.id, 0), outcome, shown))
    try:
        return close_visit(_call(form), done)
    except Refused as refusal:
        # what is asked once for the whole visit carries no number
        field = refusal.field if refusal.field in form else refusal.field.rpartition("_")[0]
        raise Refused(field, refusal.message) from refusal


def _call(form: VisitForm) -> Invocation:
    return submitted(form)
