"""Asking a network's deputy to be the second person, where nobody of the school can be."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import column, select, table

from wss_cases.access.actor import Role
from wss_cases.accounts.teams.queries import colleagues
from wss_cases.accounts.two_persons.queries import second_persons
from wss_cases.incidents.deputies.messages import ASKED
from wss_cases.incidents.deputies.models import DeputyLook
from wss_cases.journal.changes import changes_of
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.roster.directory.models import School

NAMED = table("police_approver", column("network"), column("approver_id"), column("deputy_id"))
"""Whom each network names; the room that keeps them stands above, these columns are all that is needed of it."""


def ask_deputy(uow: UnitOfWork, record: Any, of_the_school: Iterable[int]) -> bool:
    """Ask the deputy about a record of a report where none of these people of the school is a second person beside
    the actor; whether somebody was asked. For use cases."""
    if second_persons([uow.actor.user_id], set(of_the_school), uow.now):
        return False
    named = _named(uow, record.school_id)
    if named is None:
        return False
    of = {"object_type": record.__tablename__, "object_id": record.id}
    open_one = select(DeputyLook).filter_by(**of).where(DeputyLook.taken_at.is_(None))
    look = uow.session.scalar(open_one) or DeputyLook(incident_id=record.incident_id, school_id=record.school_id, **of)
    look.asked_by_id, look.asked_at, look.deputy_id = uow.actor.user_id, uow.now, named
    uow.session.add(look)
    changes = changes_of(look)
    uow.session.flush()
    uow.audit(ASKED, "deputy_look", look.id, changes)
    uow.notify(named, ASKED, look, f"{ASKED}:{look.id}:{uow.now.isoformat()}")
    return True


def _named(uow: UnitOfWork, school_id: int) -> int | None:
    """The network's deputy, the approver where that is none, who reaches the school and is a second person."""
    network = uow.session.get_one(School, school_id).network or ""
    row = uow.session.execute(select(NAMED.c.deputy_id, NAMED.c.approver_id).where(NAMED.c.network == network)).first()
    ids = [one for one in row or () if one is not None]
    reach = {one for one, actor in colleagues(ids, uow.now).items() if actor.covers(school_id, Role.DISTRICT)}
    able = second_persons([uow.actor.user_id], reach, uow.now)
    return next((one for one in ids if one in able), None)
