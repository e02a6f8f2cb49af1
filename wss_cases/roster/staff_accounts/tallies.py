"""Who gets what, as a page shows it: of a small roster worked out when somebody looks, of a large one kept.

The scheduler works it out again once rules, roster or waves have changed, and else once an hour, because roles that are
given and ended by hand change it as well.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select

from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import db
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.roster.directory.models import ImportRun, StaffMember
from wss_cases.roster.staff_accounts.models import AccountRule, AccountTally, AccountWave
from wss_cases.roster.staff_accounts.queries import proposals
from wss_cases.roster.staff_accounts.rules import Proposal, Standing

FEW: Final = 2_000
"""So many rows of staff are judged within a tenth of a second."""
AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Shown:
    """How many people have each standing, and some of those of one; `counted_at` where that was kept, `is_behind` where
    rules or roster changed since, `is_known` unless it has never been worked out."""

    numbers: Mapping[Standing, int]
    people: list[Proposal]
    has_more: bool = False
    counted_at: datetime | None = None
    is_behind: bool = False
    is_known: bool = True


def shown(wanted: Standing, start: int, most: int, now: datetime) -> Shown:
    """Return at most so many people of one standing, by name, after the first `start`, with the number of each. Whose
    standing is another by now is left out, though the number that was kept still has them."""
    if are_few():
        every = proposals(now)
        chosen = [one for one in every if one.standing is wanted]
        numbers = Counter(one.standing for one in every)
        return Shown(numbers, chosen[start : start + most], len(chosen) > start + most)
    kept = select(AccountTally.standing, AccountTally.number, AccountTally.counted_at, AccountTally.seen)
    rows = db.session.execute(kept).all()
    if not rows:
        return Shown(Counter(), [], is_known=False)
    ids = db.session.scalar(select(AccountTally.staff_ids).where(AccountTally.standing == wanted)) or []
    people = [one for one in proposals(now, ids[start : start + most]) if one.standing is wanted]
    return Shown(
        Counter({row[0]: row[1] for row in rows}), people, len(ids) > start + most, rows[0][2], rows[0][3] != _seen(now)
    )


def are_few() -> bool:
    """Whether the roster's staff are few enough to be judged while somebody waits."""
    some = select(StaffMember.id).where(StaffMember.is_active).limit(FEW + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) <= FEW


def keep_tallies(now: datetime) -> dict[str, int]:
    """Work out anew what is kept of a large roster, where that is due; returns how many people were `judged`."""
    if are_few() or not _is_due(now):
        return {}
    seen, every = _seen(now), proposals(now)
    db.session.remove()
    with unit_of_work(SYSTEM, now) as uow:
        uow.no_audit()
        uow.next_number("account_tally")  # whoever comes second waits here, and then looks again
        if not _is_due(now):
            return {}
        uow.session.execute(delete(AccountTally))
        for standing in Standing:
            ids = [one.member.staff_ids[0] for one in every if one.standing is standing]
            uow.session.add(AccountTally(standing=standing, number=len(ids), staff_ids=ids, seen=seen, counted_at=now))
    return {"judged": len(every)}


def _is_due(now: datetime) -> bool:
    kept = db.session.execute(select(AccountTally.counted_at, AccountTally.seen).limit(1)).first()
    return kept is None or kept[1] != _seen(now) or now - kept[0] >= AGAIN


def _seen(now: datetime) -> str:
    """Return what changes with the day, with each rule that is said or confirmed, each import, and each wave."""
    columns = (
        select(func.max(AccountRule.id)).scalar_subquery(),
        select(func.count(AccountRule.confirmed_at)).scalar_subquery(),
        select(func.max(ImportRun.id)).where(ImportRun.landed).scalar_subquery(),
        select(func.count(AccountWave.ended_at)).scalar_subquery(),
    )
    row = db.session.execute(select(*columns)).one()
    return "/".join(map(str, (today_at(None, now), *row)))
