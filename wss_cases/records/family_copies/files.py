"""Choosing which files go with a copy: only what whoever chooses has looked at."""

from collections.abc import Collection
from typing import Any

from flask import url_for
from sqlalchemy import select
from wtforms import SelectMultipleField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.attachments.attachment import Attachment, visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import PlainForm, choices
from wss_cases.foundation.i18n import _, _l
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.models import AuditEntry
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.records.family_copies.copy.contents import FILE, files_of, words_of
from wss_cases.records.family_copies.copy.models import FamilyRelease, ReleaseState
from wss_cases.records.family_copies.copy.pages import get_release, student_of
from wss_cases.records.family_copies.request import record, refuse_ended, to_draft


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


class FilesForm(PlainForm):
    """Which files go with it."""

    files = SelectMultipleField(
        _l("Which files go with the copy?"), choices=[], coerce=int, validate_choice=False,
        description=_l("Only files that show and name no other child. Open each one first."),
    )  # fmt: skip


def _offer(row: FamilyRelease, form: FilesForm) -> dict[str, Any]:
    """Offer the files on the reports, each with its address to open it first."""
    there = files_on(current_actor(), row)
    named = [(one.id, _("%(title)s (file %(number)d)", title=words_of(one), number=one.id)) for one in there]
    form.files.choices = choices(named)
    return {"files": [(words, url_for("attachments.attachment", attachment_id=number)) for number, words in named]}


pages = Pages("family_copy_files", __name__)


@pages.act(
    "/family-copies/<int:release_id>/choose-files", Subject(FamilyRelease, get_release), FilesForm,
    Permission.FAMILY_COPY_PREPARE, endpoint="choose", template="records/family_copies/files/choose.html", boxed=False,
    title=_l("Files that go with the copy"), button=_l("Save"), lede=lambda row: student_of(row).shown_name,
    start=lambda row: {"files": [one.id for one in files_of(row)]}, more=_offer, trail=to_draft,
    then=lambda row, _answer: to_draft(row)[0][1], done=_l("Saved."),
)  # fmt: skip
def choose_files(uow: UnitOfWork, row: FamilyRelease, form: FilesForm) -> None:
    """Say which files go with a copy; whatever was handed on goes back to being prepared.

    Raises NotFound for a file of another record, Refused for one that the actor has not opened.
    """
    refuse_ended(row)
    chosen = set(form.files.data)
    if not chosen <= {one.id for one in files_on(uow.actor, row)}:
        raise NotFound
    added = chosen - {one.id for one in files_of(row)}
    if added - opened_by(uow.actor.user_id, added):
        raise Refused("files", _("Open each file before you choose it: no program finds another child in a photo."))
    row.parts = [
        *(part for part in row.parts if not part.startswith(FILE)),
        *(f"{FILE}{number}" for number in sorted(chosen)),
    ]
    if row.state is ReleaseState.HANDED_ON:
        row.state = ReleaseState.PREPARING
    record(uow, row, "looked_through")


ROOM = Room(pages=(pages,))
