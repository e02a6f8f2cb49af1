"""A person chooses the columns of a list; it looks like that wherever they sign in."""

from collections.abc import Iterable

from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.tables.columns import with_choice
from wss_cases.journal.rooms import ListKind
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case


@use_case
def choose_columns(uow: UnitOfWork, kind: ListKind, keys: Iterable[str]) -> int:
    """Show the acting person these columns of a list; returns their account's id."""
    row = uow.session.get_one(UserAccount, uow.actor.user_id, with_for_update=True, populate_existing=True)
    row.list_columns = with_choice(kind.name, kind.columns, keys, row.list_columns)
    uow.record(row, "account.columns_chosen")
    return row.id
