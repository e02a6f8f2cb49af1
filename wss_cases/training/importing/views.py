"""Trainings in bulk from a file: upload it, see what would go on record, confirm it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import zone_of
from wss_cases.training.importing import actions
from wss_cases.training.importing.forms import CarryOutForm, TrainingFileForm
from wss_cases.training.importing.presenters import line_rows
from wss_cases.training.importing.queries import PAGE, files_of, get_file
from wss_cases.training.importing.rules import Wrong, digest_of
from wss_cases.training.records.queries import school_asked

blueprint = Blueprint("training_import", __name__, url_prefix="/training/import")
MOST_SHOWN = 200
"""Wrong cells that are named at once."""
PREVIEWED = 20
"""Rows on one page of a preview, so that what imports them stands in sight."""


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def upload() -> Page:
    """Upload a file; what is wrong in it is named by row and column, and nothing goes on record yet."""
    actor = current_actor()
    school_id = school_asked(actor, request.args)
    form, sent = TrainingFileForm(), request.files.get("file")
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return actions.upload_file(submitted(form), school_id, sent.filename, sent.read())
        except actions.RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    before = id_in(request.args.get("before"))
    found = files_of(actor, before)
    files = [
        (
            file.name,
            _address(file.id),
            moment_words(file.made_at, zone_of(file.school_id)),
            _("Imported") if file.done_at else _("Waiting to be confirmed"),
        )
        for file in found[:PAGE]
    ]
    return form_page(
        form, act, _address, "training/importing/upload.html",
        wrong=wrong, files=files, most=MOST_SHOWN, back_href=url_for("trainings.school", school=school_id),
        newer=url_for(".upload", school=school_id) if before else None,
        older=url_for(".upload", school=school_id, before=found[PAGE - 1].id) if len(found) > PAGE else None,
    )  # fmt: skip


@blueprint.route("/<int:training_file_id>", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def preview(training_file_id: int) -> Page:
    """What a file would put on record, what is wrong in its other rows, and the act that records the sound ones."""
    actor = current_actor()
    file = get_file(actor, training_file_id)
    rows, wrong = actions.lines_of(actor, file, clock.now())
    after, digest = id_in(request.args.get("after")), digest_of(rows)
    found = [one for one in rows if one.number > (after or 0)]
    page, more = found[:PREVIEWED], len(found) > PREVIEWED
    shown = {
        "file": file, "most": MOST_SHOWN, "number": len(rows), "rows": line_rows(page),
        "upload_href": url_for(".upload", school=file.school_id),
        # row 1 is wrong where every other row went on record and is kept no more
        "wrong": [one for one in wrong if file.done_at is None or one.row not in (1, *file.landed)],
        "newer": _address(file.id) if after else None,
        "older": url_for(".preview", training_file_id=file.id, after=page[-1].number) if more else None,
    }  # fmt: skip
    if file.done_at is not None and request.method == "GET":
        record_href = url_for("trainings.on_record", school=file.school_id)
        return render_template("training/importing/done.html", record_href=record_href, **shown)
    form = CarryOutForm(shown=digest)
    seen, form.shown.data = form.shown.data or "", digest
    return form_page(
        form, lambda: actions.carry_out(submitted(form), file.id, seen),
        with_flash(_("The rows are on record."), _address(file.id)), "training/importing/preview.html",
        key=BaseForm(formdata=None).request_key.data, **shown,
    )  # fmt: skip


@blueprint.post("/<int:training_file_id>/discard")
@gate(Permission.TRAINING_MANAGE)
def discard(training_file_id: int) -> Page:
    """Throw away a file that waits."""
    file = get_file(current_actor(), training_file_id)
    try:
        actions.discard_file(submitted(BaseForm()), file.id)
    except Refused as refusal:
        flash(refusal.message, "warning")
        return redirect(_address(file.id), 303)
    flash(_("The uploaded file is discarded. Nothing was changed."))
    return redirect(url_for(".upload", school=file.school_id), 303)


def _address(file_id: int) -> str:
    return url_for("training_import.preview", training_file_id=file_id)
