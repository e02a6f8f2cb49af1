"""The page on which the files of a copy are looked at and chosen."""

from flask import Blueprint, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.records.family_copies.copy.contents import files_of, words_of
from wss_cases.records.family_copies.copy.queries import get_release, student_of
from wss_cases.records.family_copies.files.actions import choose_files
from wss_cases.records.family_copies.files.forms import FilesForm
from wss_cases.records.family_copies.files.queries import files_on

blueprint = Blueprint("family_copy_files", __name__)


@blueprint.route("/family-copies/<int:release_id>/choose-files", methods=["GET", "POST"])
@gate(Permission.FAMILY_COPY_PREPARE)
def choose(release_id: int) -> Page:
    """Look at the files of the reports in a copy, and choose which go with it."""
    actor = current_actor()
    row = get_release(actor, release_id)
    there = files_on(actor, row)
    form = FilesForm(version=str(row.version), files=[one.id for one in files_of(row)])
    named = [(one.id, _("%(title)s (file %(number)d)", title=words_of(one), number=one.id)) for one in there]
    form.files.choices = choices(named)
    return form_page(
        form,
        lambda: choose_files(submitted(form), release_id, form.files.data or []),
        with_flash(_("Saved."), url_for("family_copies.draft", release_id=release_id)),
        "records/family_copies/files/choose.html",
        release=row,
        student=student_of(row),
        files=[(words, url_for("attachments.attachment", attachment_id=number)) for number, words in named],
    )
