"""What the sweep reads of referrals: partners that are late, and whom that reaches beside the follow-up's owner."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from wss_cases.access.actor import Role
from wss_cases.accounts.queries import holders
from wss_cases.foundation.clock import local_date
from wss_cases.foundation.db import db
from wss_cases.notices.queries import days_near
from wss_cases.notices.rules import Planned
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.referrals.models import Referral
from wss_cases.pathways.referrals.notices import OVERDUE, overdue_key
from wss_cases.pathways.referrals.rules import TO_ADMINISTRATOR, TO_LEAD, waits_until
from wss_cases.pathways.referrals.states import AWAITS_ANSWER, ReferralState
from wss_cases.roster.models import School


def overdue_mails(now: datetime) -> list[Planned]:
    """Return the mails about late partners that have come due: the case's lead first, then the administrators."""
    statement = (
        select(Referral, School.time_zone)
        .join(School, School.id == Referral.school_id)
        .join(Pathway, Pathway.id == Referral.pathway_id)
        .options(joinedload(Referral.pathway).joinedload(Pathway.case))
        .where(
            Pathway.state.in_(LIVE),
            or_(
                Referral.state.in_(AWAITS_ANSWER) & (Referral.answer_by < now.date()),
                (Referral.state == ReferralState.ACCEPTED) & (Referral.first_service_by < now.date()),
            ),
        )
        .order_by(Referral.id)
    )
    late = [
        (row, due, local_date(now, zone))
        for row, zone in db.session.execute(statement)
        if (due := waits_until(row)) is not None
    ]
    if not late:
        return []
    since = min(due for _row, due, _today in late)
    days = days_near({row.school_id for row, _due, _today in late}, since)
    found: list[Planned] = []
    for row, due, today in late:
        found += _reached(row, due, today, days[row.school_id].between(due, today))
    return found


def _reached(row: Referral, due: date, today: date, late: int) -> Iterator[Planned]:
    people: dict[int, None] = {}
    lead_id = row.pathway.case.lead_id
    if late >= TO_LEAD and lead_id is not None:
        people[lead_id] = None
    if late >= TO_ADMINISTRATOR:
        people |= dict.fromkeys(
            user_id for user_id, _name in holders(Role.ADMINISTRATOR, row.school_id, today)
        )
    for user_id in people:
        key = overdue_key(row.id, due, user_id)
        yield Planned(user_id, OVERDUE, "referral", row.id, row.school_id, key)
