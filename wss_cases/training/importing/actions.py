"""Trainings from a file: its sound rows are kept, shown, and put on record when somebody confirms them, all or none."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.import_files.csv_rows import rows_in
from wss_cases.training.importing.models import TrainingFile
from wss_cases.training.importing.queries import known_now, visible_to
from wss_cases.training.importing.rules import Row, Wrong, check, keys_of
from wss_cases.training.records.actions import put_all_on_record


class RowsRefused(Refused):
    """A file without a sound row; nothing of it is kept."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was imported. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, school_id: int | None, name: str, content: bytes) -> int:
    """Keep a file of trainings; nothing goes on record yet. Returns its id.

    Raises NotFound; RowsRefused where no row is sound, as where all are on record; Refused for what is no CSV file.
    """
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    assert uow.actor.user_id is not None
    row = TrainingFile(
        name="".join(sign for sign in name if sign.isprintable())[-120:], rows=rows_in(content), school_id=school_id,
        made_by_id=uow.actor.user_id, made_at=uow.now,
    )  # fmt: skip
    sound, wrong = lines_of(uow.actor, row, uow.now)
    if not sound:
        raise RowsRefused(wrong)
    return uow.add_audited(row, "training_file.uploaded")


def lines_of(actor: Actor, file: TrainingFile, now: datetime) -> tuple[list[Row], list[Wrong]]:
    """Return the sound rows of a file by what is known now, and what is wrong in the others."""
    return check(file.rows, known_now(actor, file.school_id, *keys_of(file.rows), now))


@use_case
def carry_out(uow: UnitOfWork, file_id: int, shown: int) -> int:
    """Put every sound row of a file on record, each at a school for whose trainings the actor answers, or none;
    `shown` is how many of them the page showed. Returns the file's id.

    Raises NotFound for another's; Refused a second time, and where other rows are sound by now.
    """
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    mine = visible_to(select(TrainingFile), uow.actor).where(TrainingFile.id == file_id)
    file: TrainingFile = existing(uow.session.scalar(mine.with_for_update()))
    if file.done_at is not None:
        raise Refused("", _("The file was already carried out."))
    _lock_people(uow, file)
    sound, _wrong = lines_of(uow.actor, file, uow.now)
    if len(sound) != shown or not sound:
        raise Refused("", _("What can be imported has changed. Look at the rows again."))
    put_all_on_record(uow, [(row.school_id, row.training) for row in sound])
    file.done_at, file.landed = uow.now, [row.number for row in sound]
    uow.audit("training_file.carried_out", TrainingFile.__tablename__, file.id, {"rows": [None, len(sound)]})
    return file.id


def _lock_people(uow: UnitOfWork, file: TrainingFile) -> None:
    """Lock the accounts of the people in a file, so that of two files at once the second finds what the first wrote."""
    known = known_now(uow.actor, file.school_id, *keys_of(file.rows), uow.now)
    people = sorted({user_id for user_id, _school_id in known.staff.values()})
    uow.session.execute(
        select(UserAccount.id).where(UserAccount.id.in_(people)).order_by(UserAccount.id).with_for_update()
    )
