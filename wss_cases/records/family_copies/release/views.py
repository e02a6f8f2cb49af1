"""Handing a draft on, releasing it, ending a request, and the copy as it was released."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.records.family_copies.copy.contents import files_of, words_of
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy
from wss_cases.records.family_copies.copy.queries import (
    copy_of,
    deputys_yes,
    draft_of,
    get_release,
    prints,
    shown_to,
    student_of,
)
from wss_cases.records.family_copies.copy.rules import KEEP, digest
from wss_cases.records.family_copies.copy.states import KeptWhy, Manner, ReleaseState
from wss_cases.records.family_copies.draft import actions
from wss_cases.records.family_copies.draft.actions import hand_on, release
from wss_cases.records.family_copies.draft.forms import DraftForm, ReleaseForm, WithdrawForm
from wss_cases.records.family_copies.draft.views import draft_page, head_of
from wss_cases.records.family_copies.request.actions import withdraw
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("family_copy_acts", __name__, url_prefix="/family-copies/<int:release_id>")


@blueprint.post("/hand-on")
@gate(Permission.FAMILY_COPY_PREPARE)
def give(release_id: int) -> Page:
    """Hand a draft to the administrator; what is undecided is named on the draft's page."""
    actor = current_actor()
    row, form = get_release(actor, release_id), BaseForm()
    shown = DraftForm(None, by_hand="\n".join(row.by_hand), version=str(row.version))
    return form_page(
        form,
        lambda: hand_on(submitted(form), release_id),
        with_flash(_("It waits for a second person now."), url_for("family_copies.draft", release_id=release_id)),
        "records/family_copies/draft/draft.html",
        draft_form=shown,
        **draft_page(actor, row, draft_of(row, actor)),
    )


@blueprint.route("/release", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.FAMILY_COPY_RELEASE)
def let_go(release_id: int) -> Page:
    """Read what the family would get, and release it."""
    row = get_release(current_actor(), release_id)
    if row.state is ReleaseState.RELEASED:
        return redirect(url_for("family_copy_acts.copy", release_id=release_id), 303)
    return _release_page(row, release)


@blueprint.route("/hand-over", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.FAMILY_COPY_PREPARE)
def hand_over(release_id: int) -> Page:
    """Release what the network's deputy agreed to, where nobody else of the school may."""
    row = get_release(current_actor(), release_id)
    existing(deputys_yes(row))
    return _release_page(row, actions.hand_over)


def _release_page(row: FamilyRelease, act: Callable[..., int]) -> Page:
    actor = current_actor()
    made, form = draft_of(row, actor), ReleaseForm(version=str(row.version))
    return form_page(
        form,
        lambda: act(submitted(form), row.id, manner=Manner(form.manner.data), identity=form.identity.data or ""),
        with_flash(
            _("Released. What was released is kept as it is."), url_for("family_copy_acts.copy", release_id=row.id)
        ),
        "records/family_copies/release/release.html",
        **head_of(row),
        sections=made.content(),
        is_printed_by_another=not prints(actor, row),
        kept=[(mark.found.words, KeptWhy(mark.why).label) for mark in made.all_marks if mark.done == KEEP],
    )


@blueprint.route("/withdraw", methods=["GET", "POST"])
@gate(Permission.FAMILY_COPY_PREPARE)
def end(release_id: int) -> Page:
    """End a request without a copy."""
    row = get_release(current_actor(), release_id)
    form = WithdrawForm(version=str(row.version))
    return form_page(
        form,
        lambda: withdraw(submitted(form), release_id, form.why.data or ""),
        url_for("family_copies.student", student_id=row.student_id),
        "records/family_copies/release/withdraw.html",
        **head_of(row),
    )


@blueprint.get("/copy")
@gate(Permission.FAMILY_COPY_PREPARE)
def copy(release_id: int) -> Page:
    """What was released, on screen with how; with `paper` the sheet itself, in its own language."""
    actor = current_actor()
    row = get_release(actor, release_id)
    stored_copy = copy_of(row)
    values: dict[str, Any] = {"release": row, "copy": shown_to(actor, row, stored_copy)}
    if "paper" not in request.args:
        values["is_printed_by_another"] = not prints(actor, row)
        return render_template("records/family_copies/release/copy.html", **values, **_register(row, stored_copy))
    if not prints(actor, row):
        raise NotFound
    school = get_school(row.school_id)
    zone = zone_of(row.school_id)
    with force_locale(row.language):
        return render_template(
            "records/family_copies/release/sheet.html",
            **values,
            school=school.name if school else "",
            asked_on=day_words_with_year(row.asked_on),
            released_on=day_words_with_year(local_date(stored_copy.made_at, zone)),
        )


def _register(row: FamilyRelease, stored_copy: FamilyReleaseCopy) -> dict[str, Any]:
    zone = zone_of(row.school_id)
    names = user_names([row.released_by_id, row.handed_on_by_id])
    return {
        "student": student_of(row),
        "files": [(words_of(one), url_for("attachments.attachment", attachment_id=one.id)) for one in files_of(row)],
        "is_whole": digest(stored_copy.text) == stored_copy.sha256,
        "rows": [
            {"label": _("Asked for by"), "value": row.asked_name},
            {"label": _("Asked on"), "value": day_words_with_year(row.asked_on)},
            {"label": _("What they want it for"), "value": row.purpose},
            {"label": _("Reviewed by"), "value": names.get(row.handed_on_by_id or 0, _("The system"))},
            {"label": _("Released by"), "value": names.get(row.released_by_id or 0, _("The system"))},
            {"label": _("Released"), "value": moment_words(row.released_at, zone)},
            {"label": _("How it reached them"), "value": str(Manner(row.manner).label) if row.manner else ""},
            {"label": _("How the school knew the person who took it"), "value": row.identity},
            {"label": _("Seal of the text (SHA-256)"), "value": stored_copy.sha256},
        ],
    }
