"""Trainings from a file: its sound rows are kept, shown, and put on record when somebody confirms them, all or none."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.import_files.rules import rows_in
from wss_cases.training.importing.models import TrainingFile
from wss_cases.training.importing.queries import known_now, visible_to, waiting_files
from wss_cases.training.importing.rules import MOST_WAITING, Row, Wrong, check, digest_of, keys_of, wrong_heads
from wss_cases.training.records.actions import lock_accounts, put_all_on_record


class RowsRefused(Refused):
    """A file without a sound row; nothing of it is kept."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was imported. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, school_id: int | None, name: str, content: bytes) -> int:
    """Keep a file of trainings; nothing goes on record yet. Returns its id.

    Raises NotFound; RowsRefused where no row is sound, as where all are on record; Refused for what is no CSV file, and
    while as many as may be are waiting.
    """
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    assert uow.actor.user_id is not None
    lock_accounts(uow, [uow.actor.user_id])
    if waiting_files(uow.actor) >= MOST_WAITING:
        words = _("%(most)d of your files are waiting to be confirmed. Import or discard one first.", most=MOST_WAITING)
        raise Refused("file", words)
    row = TrainingFile(
        name="".join(sign for sign in name if sign.isprintable())[-120:], rows=rows_in(content), school_id=school_id,
        made_by_id=uow.actor.user_id, made_at=uow.now,
    )  # fmt: skip
    sound, wrong = lines_of(uow.actor, row, uow.now)
    if not sound:
        raise RowsRefused(wrong)
    return uow.add_audited(row, "training_file.uploaded")


def lines_of(actor: Actor, file: TrainingFile, now: datetime) -> tuple[list[Row], list[Wrong]]:
    """Return the sound rows of a file by what is known now, and what is wrong in the others; nothing is asked about a
    file that is wrong as a whole."""
    if heads := wrong_heads(file.rows):
        return [], heads
    return check(file.rows, known_now(actor, file.school_id, *keys_of(file.rows), now))


@use_case
def carry_out(uow: UnitOfWork, file_id: int, shown: str) -> int:
    """Put every sound row of a file on record, each at a school for whose trainings the actor answers, or none;
    `shown` is the digest of those that the page showed. What went on record the file keeps no more. Returns its id.

    Raises NotFound for another's; Refused a second time, and where other rows are sound by now.
    """
    file = _waiting(uow, file_id)
    _lock_people(uow, file)
    sound, _wrong = lines_of(uow.actor, file, uow.now)
    if digest_of(sound) != shown or not sound:
        raise Refused("", _("What can be imported has changed. Look at the rows again."))
    put_all_on_record(uow, [(row.school_id, row.training) for row in sound])
    landed = {row.number for row in sound}
    file.done_at, file.landed = uow.now, sorted(landed)
    file.rows = [[] if number in landed else cells for number, cells in enumerate(file.rows, 1)]
    uow.audit("training_file.carried_out", TrainingFile.__tablename__, file.id, {"rows": [None, len(sound)]})
    return file.id


@use_case
def discard_file(uow: UnitOfWork, file_id: int) -> int:
    """Throw away a file that was not carried out; nothing else changes. Returns its id. Raises NotFound, Refused."""
    file = _waiting(uow, file_id)
    uow.audit("training_file.discarded", TrainingFile.__tablename__, file.id, {"name": [file.name, None]})
    uow.session.delete(file)
    return file_id


def _waiting(uow: UnitOfWork, file_id: int) -> TrainingFile:
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    mine = visible_to(select(TrainingFile), uow.actor).where(TrainingFile.id == file_id)
    file: TrainingFile = existing(uow.session.scalar(mine.with_for_update()))
    if file.done_at is not None:
        raise Refused("", _("This file was already imported."))
    return file


def _lock_people(uow: UnitOfWork, file: TrainingFile) -> None:
    """Lock the accounts of the people in a file, so that of two files at once the second finds what the first wrote."""
    known = known_now(uow.actor, file.school_id, *keys_of(file.rows), uow.now)
    lock_accounts(uow, {user_id for user_id, _school_id in known.staff.values()})
