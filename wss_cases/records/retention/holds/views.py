"""Holds on students and cases: the district opens and releases them; what they hold is not shown."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation.forms import filled
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.pathways.legal_holds.states import HoldKind
from wss_cases.records.retention.core.forms import HoldForm, HoldReleaseForm
from wss_cases.records.retention.deletion.queries import PAGE, Held, get_record_hold, holds
from wss_cases.records.retention.deletion.views import who_when
from wss_cases.records.retention.holds.actions import Asked, open_record_hold, release_record_hold

blueprint = Blueprint("holds", __name__, url_prefix="/records/holds")


@blueprint.get("")
@gate(Permission.HOLD_MANAGE)
def every() -> Page:
    """Every hold on a student or a case of the actor's schools, the newest first."""
    before = id_in(request.args.get("before"))
    rows = holds(current_actor(), before, PAGE + 1)
    return render_template(
        "records/retention/holds/list.html",
        rows=[_words(one) for one in rows[:PAGE]],
        older=url_for("holds.every", before=rows[PAGE - 1].row.id) if len(rows) > PAGE else None,
        newest=url_for("holds.every") if before else None,
    )


def _words(one: Held) -> dict[str, Any]:
    row = one.row
    closed = row.closed_at is not None
    return {
        "title": _("Case %(number)s", number=one.number) if row.case_id else _("Student %(number)s", number=one.number),
        "school": one.school,
        "kind": HoldKind(row.kind).label,
        "asked_by": row.asked_by,
        "reason": row.reason,
        "opened": who_when(one.people, row.opened_by_id, row.opened_at),
        "closed": who_when(one.people, row.closed_by_id, row.closed_at),
        "closed_reason": row.closed_reason,
        "tag": _("Released") if closed else _("Open"),
        "tone": "slate" if closed else "brick",
        "release": None if closed else url_for("holds.release", record_hold_id=row.id),
    }


@blueprint.route("/new", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.HOLD_MANAGE)
def new() -> Page:
    """Hold the record of a student or a case."""
    form = HoldForm()
    return form_page(
        form,
        lambda: open_record_hold(submitted(form), filled(form, Asked, kind=HoldKind(form.kind.data))),
        with_flash(
            _("It is on hold: nothing in it is deleted, shredded, or moved until it is released."),
            url_for("holds.every"),
        ),
        "records/retention/holds/new.html",
    )


@blueprint.route("/<int:record_hold_id>/release", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.HOLD_MANAGE)
def release(record_hold_id: int) -> Page:
    """End a hold, with the reason."""
    actor = current_actor()
    hold = get_record_hold(actor, record_hold_id)
    form = HoldReleaseForm(version=hold.version)
    return form_page(
        form,
        lambda: release_record_hold(submitted(form), record_hold_id, form.reason.data or ""),
        with_flash(_("It is released."), url_for("holds.every")),
        "records/retention/holds/release.html",
        kind=HoldKind(hold.kind).label,
    )
