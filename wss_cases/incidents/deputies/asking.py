"""Asking a network's deputy to be the second person, where nobody of the school can be."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, column, select, table

from wss_cases.access.actor import SYSTEM, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams.queries import colleagues
from wss_cases.accounts.two_persons.queries import second_persons
from wss_cases.foundation.db import db
from wss_cases.incidents.deputies.messages import ASKED
from wss_cases.incidents.deputies.models import DeputyLook
from wss_cases.journal.changes import changes_of
from wss_cases.journal.extension_points import deputy_looks
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import School

NAMED = table("police_approver", column("network"), column("approver_id"), column("deputy_id"))
"""Whom each network names; the room that keeps them stands above, these columns are all that is needed of it."""


def ask_deputy(uow: UnitOfWork, record: Any) -> bool:
    """Ask the deputy about a record of a report where nobody of the school is a second person beside whoever asked;
    whether somebody was asked. For use cases."""
    asker_id, of_the_school = deputy_looks()[record.__tablename__].people(uow, record)
    if second_persons([asker_id], of_the_school, uow.now):
        return False
    named = _named(uow, record.school_id, asker_id)
    if named is None:
        return False
    look = uow.session.scalar(_open(record)) or DeputyLook(
        incident_id=record.incident_id, school_id=record.school_id, object_type=record.__tablename__,
        object_id=record.id,
    )  # fmt: skip
    look.asked_by_id, look.asked_at, look.deputy_id = asker_id, uow.now, named
    uow.session.add(look)
    changes = changes_of(look)
    uow.session.flush()
    uow.audit(ASKED, "deputy_look", look.id, changes)
    uow.notify(named, ASKED, look, f"{ASKED}:{look.id}:{uow.now.isoformat()}")
    return True


def ask_deputies(now: datetime) -> None:
    """Ask about what waits since the school's second person left, or since before a deputy was named."""
    waiting = [record for looks in deputy_looks().values() for record in looks.waiting()]
    unasked = [(type(record), record.id) for record in waiting if db.session.scalar(_open(record)) is None]
    for model, record_id in unasked:
        with unit_of_work(SYSTEM, now) as uow:
            record = uow.load(model, record_id, Permission.DEPUTY_LOOK)
            if uow.session.scalar(_open(record)) is None:
                ask_deputy(uow, record)
            uow.no_audit()


def _open(record: Any) -> Select[Any]:
    of = {"object_type": record.__tablename__, "object_id": record.id}
    return select(DeputyLook).filter_by(**of).where(DeputyLook.taken_at.is_(None))


def _named(uow: UnitOfWork, school_id: int, asker_id: int | None) -> int | None:
    """The network's deputy, the approver where that is none, who reaches the school and is a second person."""
    network = uow.session.get_one(School, school_id).network or ""
    row = uow.session.execute(select(NAMED.c.deputy_id, NAMED.c.approver_id).where(NAMED.c.network == network)).first()
    ids = [one for one in row or () if one is not None]
    reach = {one for one, actor in colleagues(ids, uow.now).items() if actor.covers(school_id, Role.DISTRICT)}
    able = second_persons([asker_id], reach, uow.now)
    return next((one for one in ids if one in able), None)
