"""Choosing which files go with a copy: only what whoever chooses has looked at."""

from collections.abc import Collection

from flask import Blueprint, url_for
from sqlalchemy import select
from wtforms import SelectMultipleField

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.attachments.attachment import Attachment, visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import BaseForm, choices
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.records.family_copies.copy.contents import FILE, files_of, words_of
from wss_cases.records.family_copies.copy.models import FamilyRelease, ReleaseState
from wss_cases.records.family_copies.copy.pages import get_release, student_of
from wss_cases.records.family_copies.request import open_release, record


def files_on(actor: Actor, release: FamilyRelease) -> list[Attachment]:
    """Return the files on the reports of a copy that the actor sees and that stand: never those of a consent or an
    agreement."""
    stand = select(Attachment).where(
        Attachment.incident_id.in_(release.incident_ids),
        Attachment.removed_at.is_(None),
        Attachment.sealed_at.is_(None),
    )
    return list(db.session.scalars(visible_to(stand, actor).order_by(Attachment.id)))


def opened_by(user_id: int | None, attachment_ids: Collection[int]) -> set[int]:
    """Return which of these files somebody has opened."""
    opened = select(AuditEntry.object_id).where(
        AuditEntry.action == "attachment.opened",
        AuditEntry.object_type == Attachment.__tablename__,
        AuditEntry.object_id.in_(sorted(attachment_ids)),
        AuditEntry.actor_id == user_id,
    )
    return {number for number in db.session.scalars(opened) if number is not None}


class FilesForm(BaseForm):
    """Which files go with it."""

    files = SelectMultipleField(
        _l("Which files go with the copy?"), choices=[], coerce=int, validate_choice=False,
        description=_l("Only files that show and name no other child. Open each one first."),
    )  # fmt: skip


@use_case
def choose_files(uow: UnitOfWork, release_id: int, chosen: Collection[int]) -> int:
    """Say which files go with a copy; whatever was handed on goes back to being prepared. Returns its id.

    Raises NotFound for a file of another record, Stale, or Refused for one that the actor has not opened.
    """
    row = open_release(uow, release_id, Permission.FAMILY_COPY_PREPARE, uow.version)
    if not set(chosen) <= {one.id for one in files_on(uow.actor, row)}:
        raise NotFound
    added = set(chosen) - {one.id for one in files_of(row)}
    if added - opened_by(uow.actor.user_id, added):
        raise Refused("files", _("Open each file before you choose it: no program finds another child in a photo."))
    row.parts = [
        *(part for part in row.parts if not part.startswith(FILE)),
        *(f"{FILE}{one}" for one in sorted(chosen)),
    ]
    if row.state is ReleaseState.HANDED_ON:
        row.state = ReleaseState.PREPARING
    record(uow, row, "looked_through")
    return row.id


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


ROOM = Room(pages=(blueprint,))
