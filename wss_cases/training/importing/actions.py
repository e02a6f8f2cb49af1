"""Importing a file of trainings: all of its rows, or none."""

from collections.abc import Sequence

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.import_files.csv_rows import rows_in
from wss_cases.training.importing.queries import known_now
from wss_cases.training.importing.rules import Wrong, check, keys_of
from wss_cases.training.records.actions import put_all_on_record


class RowsRefused(Refused):
    """A file with rows that are wrong; nothing of it goes on record."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was changed. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def import_trainings(uow: UnitOfWork, school_id: int | None, content: bytes) -> int:
    """Put every row of a file on record, each at a school for whose trainings the actor answers; returns how many.

    Raises RowsRefused where any row is wrong, Refused for what is no CSV file, NotFound.
    """
    if not might(uow.actor, Permission.TRAINING_MANAGE):
        raise NotFound
    cells = rows_in(content)
    rows, wrong = check(cells, known_now(uow.actor, school_id, *keys_of(cells), uow.now))
    if wrong:
        raise RowsRefused(wrong)
    put_all_on_record(uow, [(row.school_id, row.training) for row in rows])
    return len(rows)
