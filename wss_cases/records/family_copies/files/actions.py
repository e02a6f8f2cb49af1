"""Choosing which files go with a copy: only what whoever chooses has looked at."""

from collections.abc import Collection

from wss_cases.access.permissions import Permission
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.records.family_copies.copy.contents import FILE, files_of
from wss_cases.records.family_copies.copy.states import ReleaseState
from wss_cases.records.family_copies.files.queries import files_on, opened_by
from wss_cases.records.family_copies.request.actions import open_release, record


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
