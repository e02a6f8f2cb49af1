"""Asking a network's deputy to be the second person, where nobody of the school can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wss_cases.access.actor import SYSTEM
from wss_cases.access.permissions import Permission
from wss_cases.accounts.network_approvers import possible_approvers
from wss_cases.accounts.two_persons import second_persons
from wss_cases.foundation.db import db
from wss_cases.foundation.operations.shares import WHOLE, Share
from wss_cases.incidents.deputies.messages import ASKED, NOBODY
from wss_cases.incidents.deputies.models import DeputyLook
from wss_cases.incidents.deputies.queries import able_deputies, firsts_of, open_look
from wss_cases.journal.changes import changes_of
from wss_cases.journal.extension_points import deputy_looks, for_deputy
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work
from wss_cases.roster.directory.models import School


@dataclass(frozen=True)
class _Due:
    """What is to be done about a record that waits: whom to ask instead of whoever was, or whom of the network to tell,
    by the key of the mail, that nobody can answer."""

    asked: SecondLook
    before: DeputyLook | None
    deputy_id: int | None
    untold: Sequence[tuple[str, int]]


def ask_deputy(uow: UnitOfWork, record: Any) -> bool:
    """Ask the deputy about a record of a report where nobody of the school is a second person beside whoever asked;
    whether somebody was asked. Where nobody can be, those who administer the network are told. For use cases."""
    due = _due(record, uow.now)
    if due is None:
        return False
    for key, user_id in due.untold:
        uow.notify(user_id, NOBODY, record, key)
    if due.deputy_id is not None:
        _ask(uow, record, due, due.deputy_id)
    elif due.before is not None:
        uow.audit("deputy.let_go", "deputy_look", due.before.id, {"deputy_id": [due.before.deputy_id, None]})
        uow.session.delete(due.before)
    return due.deputy_id is not None


def ask_deputies(now: datetime, share: Share = WHOLE) -> None:
    """Ask about what waits since the school's second person left, since before a deputy was named, or with a deputy
    who is one no more."""
    due = [
        (type(record), record.id)
        for looks in deputy_looks().values()
        for record in looks.waiting()
        if _due(record, now) is not None
    ]
    for model, record_id in due:
        if not share.goes_on():
            break
        with unit_of_work(SYSTEM, now) as uow:
            record = uow.load(model, record_id, Permission.DEPUTY_LOOK)
            if for_deputy(record.__tablename__, record_id) is not None:
                ask_deputy(uow, record)


def _due(record: Any, now: datetime) -> _Due | None:
    """Return what is to be done about a record, None for nothing; it only reads."""
    looks, kind = deputy_looks()[record.__tablename__], record.__tablename__
    asked, before = looks.asks(record, now), open_look(kind, record.id)
    able = able_deputies(record.school_id, looks.reports(record), asked, now)
    if before is not None and before.deputy_id in able and before.asked_at >= asked.asked_at:
        return None
    here = bool(second_persons(firsts_of(asked), asked.of_the_school, now))
    deputy_id = able[0] if able and not here else None
    untold = [] if able or here else _untold(record, asked, now)
    return _Due(asked, before, deputy_id, untold) if before is not None or deputy_id is not None or untold else None


def _untold(record: Any, asked: SecondLook, now: datetime) -> list[tuple[str, int]]:
    people = possible_approvers(db.session.get_one(School, record.school_id).network or "", now)
    about = f"{NOBODY}:{record.__tablename__}:{record.id}:{asked.asked_at.isoformat()}"
    keys = {f"{about}:{user_id}": user_id for user_id, _name in people}
    told = set(db.session.scalars(select(OutboxMessage.dedupe_key).where(OutboxMessage.dedupe_key.in_(keys))))
    return [(key, user_id) for key, user_id in keys.items() if key not in told]


def _ask(uow: UnitOfWork, record: Any, due: _Due, deputy_id: int) -> None:
    look = due.before or DeputyLook(
        incident_id=deputy_looks()[record.__tablename__].reports(record)[0], school_id=record.school_id,
        object_type=record.__tablename__, object_id=record.id,
    )  # fmt: skip
    look.asked_by_id, look.asked_at, look.deputy_id = due.asked.asked_by_id, uow.now, deputy_id
    uow.session.add(look)
    changes = changes_of(look)
    uow.session.flush()
    uow.audit(ASKED, "deputy_look", look.id, changes)
    uow.notify(deputy_id, ASKED, look, f"{ASKED}:{look.id}:{deputy_id}:{uow.now.isoformat()}")
