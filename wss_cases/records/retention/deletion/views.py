"""Deletions: what is proposed, the second person's yes, and the certificate. Names are the school's alone."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import district_zone
from wss_cases.pathways.common.forms import ConfirmForm
from wss_cases.records.retention.core.forms import TypedForm
from wss_cases.records.retention.core.states import DELETION_TONES, KEPT_LABELS, KIND_LABELS, DeletionState, Part
from wss_cases.records.retention.deletion import queries
from wss_cases.records.retention.deletion.actions import confirm as confirm_it
from wss_cases.records.retention.deletion.actions import withdraw as withdraw_it
from wss_cases.records.retention.deletion.queries import PAGE, Listed, items_of
from wss_cases.records.retention.reach.table_owners import TABLES

blueprint = Blueprint("deletions", __name__, url_prefix="/records/deletions")


@blueprint.get("")
@gate(Permission.RECORD_DELETE_READ)
def every() -> Page:
    """Every deletion that the actor may see, the newest first."""
    before = id_in(request.args.get("before"))
    rows = queries.deletions(current_actor(), before, PAGE + 1)
    return render_template(
        "records/retention/deletion/list.html",
        rows=[_words(one) for one in rows[:PAGE]],
        older=url_for("deletions.every", before=rows[PAGE - 1].row.id) if len(rows) > PAGE else None,
        newest=url_for("deletions.every") if before else None,
    )


def _words(one: Listed) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.id,
        "href": url_for("deletions.one", deletion_id=row.id),
        "title": _("Deletion %(number)s", number=row.id),
        "school": one.school,
        "records": one.records,
        "state": DeletionState(row.state).label,
        "tone": DELETION_TONES[row.state],
        "proposed": who_when(one.people, row.proposed_by_id, row.proposed_at),
        "confirmed": who_when(one.people, row.confirmed_by_id, row.confirmed_at),
        "ended": moment_words(row.ended_at, district_zone()),
        "erased": moment_words(row.erased_at, district_zone()),
        "digest": row.digest,
        "done": row.state is DeletionState.DONE,
        "open": row.state is DeletionState.PROPOSED,
    }


def who_when(people: dict[int, str], who: int | None, when: datetime | None) -> str:
    """Return who did something and when, '' where nobody did."""
    return f"{people.get(who or 0, _('The system'))} · {moment_words(when, district_zone())}" if when else ""


@blueprint.get("/<int:deletion_id>")
@gate(Permission.RECORD_DELETE_READ)
def one(deletion_id: int) -> Page:
    """One deletion: whose records while they stand, for the school alone; afterwards its certificate."""
    actor = current_actor()
    listed = queries.get_deletion(actor, deletion_id)
    may_review = can(actor, Permission.RECORD_REVIEW, listed.row)
    return render_template(
        "records/retention/deletion/request.html",
        row=_words(listed),
        names=_names(deletion_id) if may_review else [],
        counts=_counts(listed.row.counts),
        kept=[(KEPT_LABELS[why], count) for why, count in sorted(queries.kept_by(deletion_id).items())],
        may_confirm=listed.row.state is DeletionState.PROPOSED
        and can(actor, Permission.RECORD_DELETE_CONFIRM, listed.row)
        and actor.user_id not in queries.proposers(listed.row),
        may_withdraw=listed.row.state is DeletionState.PROPOSED and may_review,
    )


def _names(deletion_id: int) -> list[tuple[str, Any]]:
    return [
        (student.shown_name, Part(item.part).label) for item, student in items_of(deletion_id) if student is not None
    ]


def _counts(counts: dict[str, Any]) -> list[tuple[Any, int]]:
    """Rows that went, by the kinds of the schedule; what is no kind is said in its own words."""
    own = {
        "texts": _("Texts in other students’ records where the name was removed"),
        "drafts": KIND_LABELS["draft"],
        "sealed": _("Sealed answers about a shared circle"),
    }
    totals: dict[str, int] = {}
    for name, count in counts.items():
        label = own.get(name) or KIND_LABELS[TABLES[name].kind]
        totals[str(label)] = totals.get(str(label), 0) + int(count)
    return sorted(totals.items())


@blueprint.route("/<int:deletion_id>/confirm", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.RECORD_DELETE_CONFIRM)
def confirm(deletion_id: int) -> Page:
    """The second person types the count; the scheduler deletes from then on."""
    actor = current_actor()
    listed = queries.get_deletion(actor, deletion_id)
    require(actor, Permission.RECORD_DELETE_CONFIRM, listed.row)
    form = TypedForm(version=listed.row.version)
    return form_page(
        form,
        lambda: confirm_it(submitted(form), deletion_id, typed=form.typed.data),
        with_flash(
            _("Confirmed. The records are deleted within minutes; that cannot be undone."),
            url_for("deletions.one", deletion_id=deletion_id),
        ),
        "records/retention/deletion/confirm.html",
        row=_words(listed),
    )


@blueprint.route("/<int:deletion_id>/withdraw", methods=["GET", "POST"])
@gate(Permission.RECORD_REVIEW)
def withdraw(deletion_id: int) -> Page:
    """Take the proposal back."""
    actor = current_actor()
    listed = queries.get_deletion(actor, deletion_id)
    require(actor, Permission.RECORD_REVIEW, listed.row)
    form = ConfirmForm(version=listed.row.version)
    return form_page(
        form,
        lambda: withdraw_it(submitted(form), deletion_id),
        with_flash(_("Withdrawn. Nothing is deleted."), url_for("deletions.one", deletion_id=deletion_id)),
        "records/retention/deletion/withdraw.html",
        row=_words(listed),
    )
