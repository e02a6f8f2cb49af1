"""No account reads or sends more in an hour than a person can: what copies the records page by page is stopped."""

from typing import Any

from sqlalchemy import delete, select

from wss_cases.access.actor import Actor
from wss_cases.accounts.account.models import UserAccount
from wss_cases.accounts.sign_in.sessions.actions import SLOWED, tell_administrators
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.settings.reading import setting
from wss_cases.journal.counted import count_and_note, noted
from wss_cases.journal.models import Counter
from wss_cases.journal.unit_of_work import UnitOfWork

Read = tuple[str, str, int | None, dict[str, Any]]
"""What the audit row of a page says: the act, the table, the record and more."""


def series_of(user_id: int) -> str:
    """Return the name under which this hour's pages of one person are counted."""
    return f"pages:{user_id}:{clock.now():%Y%m%d%H}"


def noted_alone(actor: Actor, read: Read) -> bool:
    """Whether a page of records was counted and its audit row written by one statement; else `one_more` has to."""
    row = noted(actor, clock.now(), *read)
    return count_and_note(series_of(actor.user_id or 0), setting("PAGES_PER_HOUR"), row)


def one_more(uow: UnitOfWork, actor: Actor, read: Read | None = None) -> bool:
    """Step: count a page of records, or a form about one; False when that is more than the hour allows.

    `read` is written with the count while it is not. The first time too often is audited, and the system's
    administrators are told by mail.
    """
    assert actor.user_id is not None
    series, most = series_of(actor.user_id), setting("PAGES_PER_HOUR")
    count = uow.next_number(series)
    uow.no_audit()
    if read and count <= most:
        uow.audit(*read)
    if count == 1:
        earlier = Counter.series.startswith(series.rpartition(":")[0] + ":", autoescape=True)
        uow.session.execute(delete(Counter).where(earlier, Counter.series != series))
    if count == most + 1:
        user = uow.session.get_one(UserAccount, actor.user_id)
        tell_administrators(uow, user, SLOWED)
        uow.record(user, SLOWED)
    return bool(count <= most)


def is_over(actor: Actor) -> bool:
    """Whether this hour's pages are used up, before a form is even looked at."""
    count = select(Counter.value).where(Counter.series == series_of(actor.user_id or 0))
    most: int = setting("PAGES_PER_HOUR")
    return (db.session.scalar(count) or 0) > most
