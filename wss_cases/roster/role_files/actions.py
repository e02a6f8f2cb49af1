"""Roles in bulk: a file whose every row is sound is kept, and carried out when somebody confirms it, all or nothing."""

from collections.abc import Sequence
from datetime import datetime

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.grants import is_over
from wss_cases.accounts.people.pages import end_grant, give_grant
from wss_cases.accounts.sign_in.sessions.actions import tell_roles_changed
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.roster.import_files.csv_rows import rows_in
from wss_cases.roster.role_files.models import RoleFile
from wss_cases.roster.role_files.queries import known_now
from wss_cases.roster.role_files.rules import NEEDS_SECOND, Change, Wrong, addresses_of, check


class RowsRefused(Refused):
    """A file with rows that are wrong; nothing of it is kept."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("file", _("Nothing was changed. Fix the rows below and upload the file again."))
        self.wrong = wrong


@use_case
def upload_file(uow: UnitOfWork, name: str, content: bytes) -> int:
    """Keep a file of roles. Raises NotFound; RowsRefused where any row is wrong, Refused for what is no CSV file."""
    require(uow.actor, Permission.ROSTER_ACCOUNTS, uow.actor)
    assert uow.actor.user_id is not None
    rows = rows_in(content)
    changes_of(rows, frozenset({uow.actor.user_id}), uow.now)
    name = "".join(sign for sign in name if sign.isprintable())[-120:]
    row = RoleFile(name=name, rows=rows, made_by_id=uow.actor.user_id, made_at=uow.now)
    return uow.add_audited(row, "role_file.uploaded")


def changes_of(rows: Sequence[Sequence[str]], own_ids: frozenset[int], now: datetime) -> list[Change]:
    """Return what the rows of a file change by what is known now. Raises RowsRefused."""
    changes, wrong = check(rows, known_now(addresses_of(rows), now), own_ids)
    if wrong:
        raise RowsRefused(wrong)
    return changes


@use_case
def carry_out(uow: UnitOfWork, file_id: int) -> int:
    """Make every change of a file, or none; what no one person gives, a second person confirms.

    Raises NotFound, RowsRefused for what is wrong by now, Refused a second time or for one person.
    """
    file = uow.load(RoleFile, file_id, Permission.ROSTER_ACCOUNTS)
    assert uow.actor.user_id is not None
    if file.done_at is not None:
        raise Refused("", _("This file was already imported."))
    changes = changes_of(file.rows, frozenset({uow.actor.user_id, file.made_by_id}), uow.now)
    if any(one.role in NEEDS_SECOND for one in changes):
        refuse_one_person("", uow.actor.user_id, [file.made_by_id], uow.now)
    # what is given comes first, so that nobody is the last one for a moment
    for change in sorted(changes, key=lambda one: not one.gives):
        _carry_out(uow, change)
    file.done_by_id, file.done_at = uow.actor.user_id, uow.now
    uow.audit("role_file.carried_out", "role_file", file.id, {"rows": [None, len(changes)]})
    return file.id


def _carry_out(uow: UnitOfWork, change: Change) -> None:
    user = uow.session.get_one(UserAccount, change.user_id, with_for_update=True, populate_existing=True)
    if change.gives:
        give_grant(uow, user, change.role, change.school_id, today_at(change.school_id, uow.now), None)
        return
    place = (change.role, change.school_id)
    for grant in [one for one in user.grants if (one.role, one.school_id) == place and not is_over(one, uow.now)]:
        end_grant(uow, user, grant)
        tell_roles_changed(uow, user, grant, given=False)
