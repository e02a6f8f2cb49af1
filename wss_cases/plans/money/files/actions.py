"""Money from a file: its sound rows are kept, shown, and written when somebody confirms them, all or none."""

from collections.abc import Sequence
from datetime import datetime

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.money.files.models import MoneyFile
from wss_cases.plans.money.files.queries import carried_out, known_now, rows_naming
from wss_cases.plans.money.files.rules import WRITER, Line, Wrong, check, digest_of
from wss_cases.plans.money.files.states import FileKind
from wss_cases.plans.money.funding.actions import Given, write_funding
from wss_cases.plans.money.resources.actions import Needed, write_entry, write_resource
from wss_cases.roster.import_files.rules import rows_in
from wss_cases.roster.names.queries import refuse_found


class RowsRefused(Refused):
    """A file without a sound row; nothing of it is kept."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was imported. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, kind: FileKind, name: str, content: bytes) -> int:
    """Keep a file of money; nothing is written yet. Raises NotFound; RowsRefused where no row is sound, Refused for
    what is no CSV file and for rows that were imported before."""
    if not might(uow.actor, Permission.PLAN_MONEY_IMPORT) or not uow.actor.has(WRITER[kind]):
        raise NotFound
    assert uow.actor.user_id is not None
    rows = rows_in(content)
    _refuse_again(kind, digest_of(rows))
    sound, wrong = check(rows, kind, known_now(uow.actor, kind, uow.now))
    if not sound:
        raise RowsRefused(wrong)
    schools = sorted({line.school_id for line in sound})
    row = MoneyFile(
        kind=kind, name="".join(sign for sign in name if sign.isprintable())[-120:], digest=digest_of(rows), rows=rows,
        school_ids=schools, school_id=schools[0] if len(schools) == 1 else None, made_by_id=uow.actor.user_id,
        made_at=uow.now,
    )  # fmt: skip
    return uow.add_audited(row, "money_file.uploaded")


def lines_of(actor: Actor, file: MoneyFile, now: datetime) -> tuple[list[Line], list[Wrong]]:
    """Return the sound rows of a file by what is known now, and what is wrong in the others."""
    return check(file.rows, file.kind, known_now(actor, file.kind, now))


@use_case
def carry_out(uow: UnitOfWork, file_id: int, shown: int, anyway: bool = False) -> int:
    """Write every sound row of a file, or none; `shown` is how many of them the page showed.

    Raises NotFound; Refused a second time, where other rows are sound by now, and, unless `anyway`, where a row may
    name a student; nothing is written then.
    """
    file = uow.load(MoneyFile, file_id, Permission.PLAN_MONEY_IMPORT)
    if file.done_at is not None:
        raise Refused("", _("This file was already imported."))
    _refuse_again(file.kind, file.digest)
    sound, _wrong = lines_of(uow.actor, file, uow.now)
    if len(sound) != shown or not sound:
        raise Refused("", _("What can be imported has changed. Look at the rows again."))
    if not anyway:
        refuse_found(rows_naming(sound))
    for line in sound:
        if isinstance(line.what, Given):
            write_funding(uow, line.school_id, line.what)
        elif isinstance(line.what, Needed):
            assert line.strategy_id is not None
            write_resource(uow, line.strategy_id, line.what, anyway=True)
        else:
            assert line.resource_id is not None
            write_entry(uow, line.resource_id, line.what)
    file.done_by_id, file.done_at, file.landed = uow.actor.user_id, uow.now, len(sound)
    uow.audit("money_file.carried_out", "money_file", file.id, {"rows": [None, len(sound)]})
    return file.id


def _refuse_again(kind: FileKind, digest: str) -> None:
    if carried_out(kind, digest) is not None:
        raise Refused("file", _("These rows were already imported. Importing them again would count them twice."))
