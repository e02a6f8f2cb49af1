"""Revocation after queueing: nothing is sent, whatever made a mail needless or its reader a stranger to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests.followups.reminders.making import At, make_place
from tests.mail.delivery.revocations import MORNING, NIGHT, SENDS, SINCE, Queued, cases
from tests.support.depth import examples
from tests.support.servers.mail import MailServer
from wss_cases.foundation.db import db
from wss_cases.journal import message_kinds as registry
from wss_cases.journal.message_kinds import Mail
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.delivery.queue import deliver
from wss_cases.workday.sweep import sweep

ALL = list(cases())


def message_of(it: Queued) -> OutboxMessage:
    """The one mail that waits."""
    return db.session.scalars(
        select(OutboxMessage).where(
            OutboxMessage.kind == it.kind,
            OutboxMessage.recipient_id == it.place.ids[it.to],
            OutboxMessage.school_id == it.place.school.id,
            OutboxMessage.state == OutboxState.WAITING,
        )
    ).one()


def sample(every: int) -> list[tuple[str, Any, Any]]:
    """Every way for a contact of its owner's, and every so many of the others."""
    return ALL[:7] + ALL[7::every]


def sent_all_the_same(at: At, mailing: MailServer, every: int, revoke: bool = True) -> list[str]:
    """Queue every so many of the cases' mails, make each needless, deliver; return whose mail went out."""
    wanted = sample(every)
    at("2026-11-30 05:00")
    made = [(name, make(make_place()), way) for name, make, way in wanted]
    schools = {id(it): it.place.school.id for _name, it, _way in made}
    db.session.commit()
    sweep(NIGHT)
    at("2026-11-30 07:00")
    sweep(MORNING)
    db.session.expire_all()
    ids = {name: message_of(it).message_id for name, it, _way in made}
    at("2026-11-30 07:30")
    assert len(schools) == len(ids) == len(wanted)
    for _name, it, way in made if revoke else []:
        way(it)
    now = at("2026-11-30 10:00")
    assert now == SENDS > SINCE
    deliver(now)
    arrived = {str(mail.message["Message-ID"]).strip("<>").rpartition("@")[0] for mail in mailing.mails}
    assert arrived, "other mail went out"
    states = dict(
        db.session.execute(
            select(OutboxMessage.message_id, OutboxMessage.state).where(OutboxMessage.message_id.in_(ids.values()))
        ).all()
    )
    return [name for name, number in ids.items() if number in arrived or states[number] is OutboxState.SENT]


def test_nothing_is_sent(session: Any, at: At, mailing: MailServer) -> None:
    """Takes ten seconds, in the full cross forty: each case is a school with people of its own."""
    assert len(ALL) >= 100
    assert sent_all_the_same(at, mailing, examples(9, 1)) == []


def test_without_a_change_each_of_them_is_sent(session: Any, at: At, mailing: MailServer) -> None:
    assert len(sent_all_the_same(at, mailing, 6, revoke=False)) == len(sample(6))


def test_a_sender_that_does_not_look_again_is_seen(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, kind in registry.kinds().items():
        always = replace(kind, still_due=lambda message, actor: True, says=_something(name))
        monkeypatch.setitem(registry._kinds, name, always)
    planted = sent_all_the_same(at, mailing, 6)
    assert len(planted) > len(sample(6)) / 2
    assert not any("account disabled" in name for name in planted), "that is another check"


def _something(name: str) -> Any:
    return lambda message, actor: Mail(name, [name], "http://localhost", name)
