"""Handing a draft on, releasing it, ending a request, and the copy as it was released."""

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.credentials.rules import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.signed_in import fresh_within
from wss_cases.foundation.dates import day_words_with_year, moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy
from wss_cases.records.family_copies.copy.queries import copy_of, draft_of, get_release, student_of
from wss_cases.records.family_copies.copy.rules import KEEP, digest
from wss_cases.records.family_copies.copy.states import KeptWhy, Manner, ReleaseState
from wss_cases.records.family_copies.draft.actions import hand_on, release
from wss_cases.records.family_copies.draft.forms import DraftForm, PlainForm, ReleaseForm, WithdrawForm
from wss_cases.records.family_copies.draft.views import draft_page, row_words
from wss_cases.records.family_copies.request.actions import withdraw
from wss_cases.roster.directory.queries import get_school

blueprint = Blueprint("family_copy_acts", __name__, url_prefix="/family-copies/<int:release_id>")


@blueprint.post("/hand-on")
@gate(Permission.FAMILY_COPY_PREPARE)
def give(release_id: int) -> Page:
    """Hand a draft to the administrator; what is undecided is named on the draft's page."""
    actor = current_actor()
    found = get_release(actor, release_id)
    form = PlainForm()

    def done(_made: int) -> str:
        flash(_("The administrator can release it now."))
        return url_for("family_copies.draft", release_id=release_id)

    shown = DraftForm(None, by_hand="\n".join(found.by_hand), version=str(found.version))
    return form_page(
        form,
        lambda: hand_on(submitted(form), release_id),
        done,
        "records/family_copies/draft/draft.html",
        draft_form=shown,
        **draft_page(actor, found, draft_of(found)),
    )


@blueprint.route("/release", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.FAMILY_COPY_RELEASE)
def let_go(release_id: int) -> Page:
    """Read what the family would get, and release it."""
    actor = current_actor()
    found = get_release(actor, release_id)
    if found.state is ReleaseState.RELEASED:
        return redirect(url_for("family_copy_acts.copy", release_id=release_id), 303)
    made = draft_of(found)
    form = ReleaseForm(version=str(found.version))

    def act() -> int:
        return release(submitted(form), release_id, manner=Manner(form.manner.data), identity=form.identity.data or "")

    def done(_made: int) -> str:
        flash(_("Released. What was released is kept as it is."))
        return url_for("family_copy_acts.copy", release_id=release_id)

    return form_page(
        form,
        act,
        done,
        "records/family_copies/release/release.html",
        release=found,
        head=row_words(found),
        student=student_of(found),
        sections=made.content(),
        kept=[(mark.found.words, KeptWhy(mark.why).label) for mark in made.all_marks if mark.done == KEEP],
    )


@blueprint.route("/withdraw", methods=["GET", "POST"])
@gate(Permission.FAMILY_COPY_PREPARE)
def end(release_id: int) -> Page:
    """End a request without a copy."""
    actor = current_actor()
    found = get_release(actor, release_id)
    form = WithdrawForm(version=str(found.version))
    return form_page(
        form,
        lambda: withdraw(submitted(form), release_id, form.why.data or ""),
        url_for("family_copies.student", student_id=found.student_id),
        "records/family_copies/release/withdraw.html",
        release=found,
        head=row_words(found),
        student=student_of(found),
    )


@blueprint.get("/copy")
@gate(Permission.FAMILY_COPY_PREPARE)
def copy(release_id: int) -> Page:
    """What was released, on screen with how; with `paper` the sheet itself, in its own language."""
    found = get_release(current_actor(), release_id)
    kept = copy_of(found)
    values: dict[str, Any] = {"release": found, "copy": json.loads(kept.text)}
    if "paper" not in request.args:
        return render_template("records/family_copies/release/copy.html", **values, **_register(found, kept))
    school = get_school(found.school_id)
    zone = zone_of(found.school_id)
    with force_locale(found.language):
        return render_template(
            "records/family_copies/release/sheet.html",
            **values,
            school=school.name if school else "",
            asked_on=day_words_with_year(found.asked_on),
            released_on=day_words_with_year(local_date(kept.made_at, zone)),
        )


def _register(found: FamilyRelease, kept: FamilyReleaseCopy) -> dict[str, Any]:
    zone = zone_of(found.school_id)
    who = db.session.get(UserAccount, found.released_by_id) if found.released_by_id else None
    first = db.session.get(UserAccount, found.handed_on_by_id) if found.handed_on_by_id else None
    return {
        "student": student_of(found),
        "is_whole": digest(kept.text) == kept.sha256,
        "rows": [
            {"label": _("Asked for by"), "value": found.asked_name},
            {"label": _("Asked on"), "value": day_words_with_year(found.asked_on)},
            {"label": _("What they want it for"), "value": found.purpose},
            {"label": _("Looked through by"), "value": first.name if first else _("The system")},
            {"label": _("Released by"), "value": who.name if who else _("The system")},
            {"label": _("Released"), "value": moment_words(found.released_at, zone)},
            {"label": _("How it reached them"), "value": str(Manner(found.manner).label) if found.manner else ""},
            {"label": _("How the school knew who took it"), "value": found.identity},
            {"label": _("Seal of the text (SHA-256)"), "value": kept.sha256},
        ],
    }
