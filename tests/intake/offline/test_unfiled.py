"""What was written without network and never filed goes by itself, after its writer was told, and with a child."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.intake.offline.device import Device
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import Share
from wss_cases.intake.offline.models import GONE, WAITS, EntryState, OfflineEntry, erase_unfiled
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.records.family_copies.copy.models import Part
from wss_cases.records.family_copies.request import ask
from wss_cases.records.retention.core.pages import RetentionRule
from wss_cases.records.retention.deletion.erasure import erase_student
from wss_cases.records.retention.schedule import clean


@pytest.fixture
def school(session: Any, at: Any) -> Any:
    at("2026-11-24 10:00")
    return SchoolFactory(phone="555 0100")


@pytest.fixture
def officer(school: Any) -> Any:
    return make_user(Role.REPORTER, school)


@pytest.fixture
def officer_id(officer: Any) -> int:
    return officer.id


def entries() -> list[OfflineEntry]:
    db.session.expire_all()
    return list(db.session.scalars(select(OfflineEntry).order_by(OfflineEntry.id)))


def mails() -> list[tuple[str, int]]:
    """Return the kinds of mail about unfiled entries and to whom they go, in their order."""
    rows = db.session.execute(
        select(OutboxMessage.kind, OutboxMessage.recipient_id)
        .where(OutboxMessage.kind.in_([WAITS, GONE]))
        .order_by(OutboxMessage.id)
    )
    return [(kind, recipient) for kind, recipient in rows]


def test_its_writer_is_told_and_then_it_goes(officer: Any, officer_id: int, client_as: Any, at: Any) -> None:
    device = Device(client_as(officer))
    box = device.write(what="")
    device.send(box)
    for day, state, told in (
        ("2026-12-04", EntryState.TO_MEND, []),
        ("2026-12-05", EntryState.TO_MEND, [(WAITS, officer_id)]),
        ("2026-12-07", EntryState.TO_MEND, [(WAITS, officer_id)]),
        ("2026-12-08", EntryState.ERASED, [(WAITS, officer_id), (GONE, officer_id)]),
    ):
        at(f"{day} 10:00")
        clean(clock.now())
        clean(clock.now())
        assert (entries()[0].state, mails()) == (state, told), day
    [row] = entries()
    assert (row.sealed_text, row.sealed_key, row.key_name) == (None, None, None)
    audited = list(db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "offline_entry")))
    assert audited[-2:] == ["offline_entry.warned", "offline_entry.erased"]
    device = Device(client_as(db.session.get_one(UserAccount, officer_id)))  # the first session is over by now
    assert "never filed" in device.send(box)["words"] and len(entries()) == 1
    assert "Nothing is waiting for you" in device.client.page("/offline/waiting").text


def test_none_goes_untold_and_the_schedule_says_when(officer: Any, officer_id: int, client_as: Any, at: Any) -> None:
    device = Device(client_as(officer))
    device.send(device.write(what=""))
    rule = db.session.scalars(select(RetentionRule).where(RetentionRule.code == "offline_entry")).one()
    assert rule.keep == 14
    rule.keep = 4
    db.session.commit()
    at("2027-03-01 10:00")  # nobody swept for months
    clean(clock.now())
    assert entries()[0].state is EntryState.TO_MEND and mails() == [(WAITS, officer_id)]
    at("2027-03-03 10:00")
    clean(clock.now())
    assert entries()[0].state is EntryState.ERASED


def test_a_deletion_takes_what_names_the_child(school: Any, officer: Any, officer_id: int, client_as: Any) -> None:
    child = StudentFactory(school=school, given_name="Jordan", family_name="Pena")
    child_id = child.id
    device = Device(client_as(officer))
    for names in ("Jordan Pena", "Somebody Else"):
        device.send(device.write(what="", names=names))
    with unit_of_work(SYSTEM, clock.now()) as uow:
        counts = erase_student(uow, child_id, permanent=True)
        uow.no_audit()
    assert counts["unfiled"] == 1
    assert [row.state for row in entries()] == [EntryState.ERASED, EntryState.TO_MEND]
    assert mails() == [(GONE, officer_id)]


def test_a_copy_asks_for_it_to_be_filed(school: Any, officer: Any, officer_id: int, client_as: Any) -> None:
    child = StudentFactory(school=school, given_name="Jordan", family_name="Pena", birth_date=date(2008, 1, 1))
    report = make_incident(school, [child])
    asks, child_id, report_id = acting(make_user(Role.COORDINATOR, school)), child.id, report.id
    device = Device(client_as(officer))
    for names in ("Jordan Pena", "Somebody Else"):
        device.send(device.write(what="", names=names))
    wanted = {"who": "student", "asked_on": date(2026, 11, 24), "purpose": "To read it", "language": "en"}
    chosen = {"reports": [report_id], "parts": [Part.NARRATIVE]}
    ask(Invocation(asks, clock.now(), "k"), child_id, **wanted, **chosen)
    assert mails() == [(WAITS, officer_id)]
    assert [row.state for row in entries()] == [EntryState.TO_MEND, EntryState.TO_MEND]


def test_a_spent_share_tells_one_writer_and_empties_one_entry(
    officer: Any, officer_id: int, client_as: Any, at: Any
) -> None:
    device = Device(client_as(officer))
    device.send(device.write(what=""))
    at("2026-11-27 10:00")
    device = Device(client_as(db.session.get_one(UserAccount, officer_id)))
    device.send(device.write(what=""))
    at("2026-12-05 10:00")
    clean(clock.now())
    at("2026-12-08 10:00")
    assert erase_unfiled(clock.now(), 14, Share(-1.0)) == 1
    assert [(row.state, row.warned_at is None) for row in entries()] == [
        (EntryState.ERASED, False),
        (EntryState.TO_MEND, False),
    ]
