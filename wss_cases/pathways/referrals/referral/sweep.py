"""The morning's sweep of referrals: whom a partner that is late reaches hears of it, and the record says whom."""

from collections.abc import Iterable, Sequence

from wss_cases.journal.unit_of_work import Act, UnitOfWork
from wss_cases.mail.common.queries import Planned
from wss_cases.pathways.referrals.referral.messages import OVERDUE, overdue_key
from wss_cases.pathways.referrals.referral.overdue import Late


def overdue_mails(late: Iterable[Late]) -> list[Planned]:
    """Return the mails about late partners: each person hears of one day that passed once."""
    return [
        Planned(
            user_id, OVERDUE, "referral", row.referral_id, row.school_id,
            overdue_key(row.referral_id, row.due_on, user_id),
        )
        for row in late
        for user_id in row.people
    ]  # fmt: skip


def record_overdue(uow: UnitOfWork, late: Sequence[Late], queued: set[str]) -> None:
    """Write down which late partners reached somebody by the messages queued."""
    acts = []
    for row in late:
        recipients = [user_id for user_id in row.people if overdue_key(row.referral_id, row.due_on, user_id) in queued]
        if recipients:
            data, changes = {"on": row.due_on.isoformat()}, {"told": [None, recipients]}
            acts.append(Act("referral", row.referral_id, row.case_id, row.school_id, data, changes))
    uow.record_each("referral.late", acts)
