"""Pages of an uploaded roster: the upload, its check with the report, the import."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone
from wss_cases.foundation.settings.reading import setting
from wss_cases.roster.runs.presenters import report_parts
from wss_cases.roster.runs.queries import sources
from wss_cases.roster.uploads.actions import confirm_upload, discard_upload, upload_roster
from wss_cases.roster.uploads.forms import ConfirmForm, UploadForm
from wss_cases.roster.uploads.queries import Uploaded, get_upload, last_uploads
from wss_cases.roster.uploads.states import WORKING, UploadState

blueprint = Blueprint("roster_uploads", __name__, url_prefix="/roster/upload")
SHOWN = 20
TONES = {UploadState.CHECKED: "sun", UploadState.REFUSED: "coral", UploadState.WRITTEN: "moss"}


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.ROSTER_IMPORT)
def upload() -> Page:
    """Upload a roster; the ones before stand below."""
    known = sources(db.session())
    form = UploadForm(data={"source": known[0] if len(known) == 1 else ""})
    sent = [one for one in request.files.getlist("files") if one.filename]

    def act() -> int:
        return upload_roster(submitted(form), form.source.data, [(one.filename or "", one.stream) for one in sent])

    return form_page(
        form, act, _address, "roster/uploads/upload.html", known=known, rows=[_row(one) for one in last_uploads(SHOWN)],
        megabytes=setting("ROSTER_UPLOAD_MB"),
    )  # fmt: skip


@blueprint.route("/<int:upload_id>", methods=["GET", "POST"])
@gate(Permission.ROSTER_IMPORT)
def preview(upload_id: int) -> Page:
    """What an uploaded roster would change, and the act that imports it."""
    one = get_upload(upload_id)
    asks = {ask["ask"]: " ".join(ask["words"]) for ask in one.row.asks}
    shown: dict[str, Any] = {"row": _row(one), "upload": one.row, "report": report_parts(one.row.report)}
    shown |= {"working": one.row.state in WORKING, "state": one.row.state.value, "asks": asks}
    if one.row.state is not UploadState.CHECKED and request.method == "GET":
        return render_template("roster/uploads/ended.html", **shown)
    form = ConfirmForm(version=one.row.version)
    return form_page(
        form,
        lambda: confirm_upload(submitted(form), upload_id, form.accepted()),
        _address,
        "roster/uploads/preview.html",
        **shown,
    )


@blueprint.post("/<int:upload_id>/discard")
@gate(Permission.ROSTER_IMPORT)
def discard(upload_id: int) -> Page:
    """Throw an uploaded roster away."""
    get_upload(upload_id)
    try:
        discard_upload(submitted(BaseForm()), upload_id)
    except Refused as refusal:
        flash(refusal.message, "warning")
        return redirect(_address(upload_id), 303)
    flash(_("The uploaded file is discarded. Nothing was changed."))
    return redirect(url_for(".upload"), 303)


def _address(upload_id: int) -> str:
    return url_for("roster_uploads.preview", upload_id=upload_id)


def _row(one: Uploaded) -> dict[str, Any]:
    row, when = one.row, moment_words(one.row.made_at, district_zone())
    return {
        "title": f"{row.source} · {row.file_name}",
        "href": _address(row.id),
        "meta": _("Uploaded by %(name)s, %(when)s", name=one.by, when=when),
        "tag": row.state.label,
        "tone": TONES.get(row.state, "sky"),
    }
