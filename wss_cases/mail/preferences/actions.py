"""What people choose about their mails: on their account's page, or by the link in a mail."""

from datetime import datetime

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation.errors import existing
from wss_cases.journal.message_kinds import MailList
from wss_cases.journal.unit_of_work import UnitOfWork, insert_once, unit_of_work
from wss_cases.journal.use_cases import use_case
from wss_cases.mail.common.models import MailChoice
from wss_cases.mail.common.rules import Choice, without
from wss_cases.mail.common.states import MailStyle


@use_case
def choose(uow: UnitOfWork, choice: Choice) -> int:
    """Store what a person chose about their own mails."""
    assert uow.actor.user_id is not None
    row = _locked(uow, uow.actor.user_id)
    _change(uow, row, choice, "mail_choice.changed")
    return row.id


def stop(user_id: int, mail_list: MailList, now: datetime) -> None:
    """Stop the mails of one list for whoever holds a link of it; a second time changes nothing. Raises NotFound."""
    with unit_of_work(SYSTEM, now) as uow:
        existing(uow.session.get(UserAccount, user_id))
        row = _locked(uow, user_id)
        _change(uow, row, without(_chosen(row), mail_list), "mail_choice.stopped")


def _locked(uow: UnitOfWork, user_id: int) -> MailChoice:
    defaults = {"user_id": user_id, "style": MailStyle.DIGEST, "weekly": True}
    insert_once(uow.session, MailChoice, defaults, ["user_id"])
    return uow.session.scalars(
        select(MailChoice)
        .where(MailChoice.user_id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _chosen(row: MailChoice) -> Choice:
    return Choice(row.style.value, row.weekly)


def _change(uow: UnitOfWork, row: MailChoice, choice: Choice, kind: str) -> None:
    if choice == _chosen(row):
        uow.no_audit()  # a row that says what no row says is no change
        return
    row.style, row.weekly = MailStyle(choice.style), choice.weekly
    uow.record(row, kind)
