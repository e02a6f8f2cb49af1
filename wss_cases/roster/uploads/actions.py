"""What a person does with an uploaded roster: upload it, confirm its import, discard it."""

import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from sqlalchemy import delete, insert

from wss_cases.access.permissions import Permission
from wss_cases.foundation.db import table_of
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.uploads.models import RosterUpload, RosterUploadPart
from wss_cases.roster.uploads.states import TRANSITIONS, WORKING, UploadState

LONGEST = 120
PIECE = 1024**2
PARTS = table_of(RosterUploadPart)


@contextmanager
def packed(files: Sequence[tuple[str, IO[bytes]]]) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the name and the bytes of what was chosen: one file as it is, CSV files as one zip of them."""
    names = ["".join(sign for sign in name if sign.isprintable())[-LONGEST:] for name, _stream in files]
    if len(files) == 1 and not names[0].lower().endswith(".csv"):
        yield names[0], files[0][1]
        return
    with tempfile.TemporaryFile() as together:
        _zip(names, files, together)
        together.seek(0)
        yield ", ".join(names)[:LONGEST], together


def _zip(names: Sequence[str], files: Sequence[tuple[str, IO[bytes]]], together: IO[bytes]) -> None:
    with zipfile.ZipFile(together, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (_name, stream) in zip(names, files, strict=True):
            with archive.open(name, "w", force_zip64=True) as member:
                while piece := stream.read(PIECE):
                    member.write(piece)


@use_case
def upload_roster(uow: UnitOfWork, source: str, files: Sequence[tuple[str, IO[bytes]]]) -> int:
    """Keep a roster that the scheduler is to check; returns its id. Raises Refused beside `source` or `files`."""
    refuse_blank("source", source, _("Name the system the roster comes from."))
    if not files:
        raise Refused("files", _("Choose a zip file, or the CSV files."))
    with packed(files) as (name, stream):
        row = RosterUpload(
            source=source.strip()[:LONGEST], file_name=name, size=0, made_by_id=uow.actor.user_id, made_at=uow.now
        )
        uow.add(row)
        for number, piece in enumerate(iter(lambda: stream.read(PIECE), b"")):
            uow.session.execute(insert(PARTS), {"upload_id": row.id, "number": number, "content": piece})
            row.size += len(piece)
    if not row.size:
        raise Refused("files", _("The file is empty."))
    uow.audit("roster.uploaded", "roster_upload", row.id, {"source": [None, row.source], "size": [None, row.size]})
    return row.id


@use_case
def confirm_upload(uow: UnitOfWork, upload_id: int, accepted: Collection[str]) -> int:
    """Let the scheduler import a roster that was checked; all that its check asks must be `accepted`.

    Raises NotFound, Refused beside what was not confirmed, and for a roster that does not wait.
    """
    row = uow.load(RosterUpload, upload_id, Permission.ROSTER_IMPORT, uow.version)
    if row.state is not UploadState.CHECKED:
        raise Refused("", _("This roster is no longer waiting for a person."))
    asked = [one["ask"] for one in row.asks]
    for ask in asked:
        if ask not in accepted:
            raise Refused(ask, _("Review it, and confirm it here, or discard the file."))
    assert UploadState.WRITING in TRANSITIONS[row.state]
    row.state, row.accepted, row.confirmed_by_id = UploadState.WRITING, asked, uow.actor.user_id
    uow.audit("roster.upload_confirmed", "roster_upload", row.id, {"accepted": [None, asked]})
    return row.id


@use_case
def discard_upload(uow: UnitOfWork, upload_id: int) -> int:
    """Throw away an uploaded roster that nobody works at; nothing else changes. Raises NotFound, Refused."""
    row = uow.load(RosterUpload, upload_id, Permission.ROSTER_IMPORT)
    if row.state in WORKING:
        raise Refused("", _("The scheduler is working on this file. Try again in a minute."))
    uow.session.execute(delete(PARTS).where(PARTS.c.upload_id == row.id))
    uow.audit("roster.upload_discarded", "roster_upload", row.id, {"source": [row.source, None]})
    uow.session.delete(row)
    return upload_id
