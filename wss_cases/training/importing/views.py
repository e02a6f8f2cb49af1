"""Trainings in bulk from a file; what is wrong in it is named by row and column."""

from flask import Blueprint, flash, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.foundation.pages import Page, form_page
from wss_cases.training.importing import actions
from wss_cases.training.importing.forms import TrainingFileForm
from wss_cases.training.importing.rules import Wrong
from wss_cases.training.records.queries import school_asked

blueprint = Blueprint("training_import", __name__, url_prefix="/training/import")
MOST_SHOWN = 200


@blueprint.route("", methods=["GET", "POST"])
@gate(Permission.TRAINING_MANAGE)
def upload() -> Page:
    """Upload a file and put its rows on record."""
    school_id = school_asked(current_actor(), request.args)
    form, sent = TrainingFileForm(), request.files.get("file")
    wrong: list[Wrong] = []

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        try:
            return actions.import_trainings(submitted(form), school_id, sent.read())
        except actions.RowsRefused as refused:
            wrong.extend(refused.wrong)
            raise

    def done(number: int) -> str:
        flash(ngettext("%(num)d training is on record.", "%(num)d trainings are on record.", number))
        return url_for("trainings.on_record", school=school_id)

    back_href = url_for("trainings.school", school=school_id)
    return form_page(
        form, act, done, "training/importing/upload.html", wrong=wrong, most=MOST_SHOWN, back_href=back_href
    )
