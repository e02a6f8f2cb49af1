"""Many follow-ups of one person that come due at once are one mail, and none of them is lost in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.factories.followups import shown
from tests.mail.making import CANARY, Scene, scene
from tests.support.pages.asked import asked
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM, Invocation
from wss_cases.followups import making
from wss_cases.followups.core.models import FollowUp, FollowUpAct
from wss_cases.followups.undo import undo
from wss_cases.foundation.db import db
from wss_cases.journal import message_kinds
from wss_cases.journal.message_kinds import Mail, kinds
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.common.rules import failed_mail, queue_depth
from wss_cases.mail.delivery import queue
from wss_cases.mail.delivery.queue import deliver, retry_failed
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]
MONDAY = date(2026, 11, 23)
MORNING = "2026-11-23 06:40"


def due(here: Scene, count: int, **more: Any) -> list[FollowUp]:
    return [here.due(MONDAY, **more) for _row in range(count)]


def tick(now: datetime) -> dict[str, int]:
    sweep(now)
    return deliver(now)


def states(kind: str = "followup.due") -> Counter[OutboxState]:
    db.session.expire_all()
    return Counter(db.session.scalars(select(OutboxMessage.state).where(OutboxMessage.kind == kind)))


def named(mailing: MailServer, rows: list[FollowUp]) -> list[int]:
    """In how many mails each of these follow-ups is."""
    texts = [mail.everything for mail in mailing.mails]
    return [sum(f"/follow-ups/{row.id}\n" in text.replace("\r", "") for text in texts) for row in rows]


def test_many_at_once_are_one_mail_that_names_each_and_a_later_one_has_its_own(
    session: Any, at: At, mailing: MailServer
) -> None:
    here = scene()
    rows = due(here, 7)
    assert tick(at(MORNING))["sent"] == 2  # with the morning's digest
    [together] = [mail for mail in mailing.wait_for(2) if "7 follow-ups are waiting for you" in mail.subject]
    assert "Due today" in together.everything
    assert not any(word in together.everything for word in CANARY.split())
    later = due(here, 1)
    assert tick(at("2026-11-23 10:00"))["sent"] == 1
    mailing.wait_for(3)
    assert named(mailing, rows + later) == [1] * 8
    assert states() == {OutboxState.SENT: 8}
    assert tick(at("2026-11-23 10:05"))["sent"] == 0


def test_a_few_and_those_of_the_same_day_have_a_mail_each(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    rows = due(here, queue.MOST_SINGLE) + due(here, 6, same_day=True, created_at=at("2026-11-23 14:20"))
    assert tick(at("2026-11-23 14:30"))["sent"] == len(rows) + 1
    assert named(mailing, rows) == [1] * len(rows)
    assert states("mail.together") == {}


def test_what_waits_is_read_through_once_while_nothing_comes(session: Any, at: At, mailing: MailServer) -> None:
    due(scene(), 12, same_day=True, created_at=at("2026-11-23 14:20"))
    sweep(at("2026-11-23 14:30"))
    with asked() as statements:
        assert deliver(at("2026-11-23 14:30"))["sent"] == 13
    looked = [text for text in statements if "GROUP BY outbox_message.recipient_id" in text]
    assert len(looked) == 1, "a long queue would be read through for every few that are sent"


def test_it_lists_what_is_open_and_is_not_sent_once_nothing_is(session: Any, at: At, mailing: MailServer) -> None:
    some, none = scene(), scene()
    rows, all_done = due(some, 7), due(none, 7)
    sweep(at("2026-11-23 00:10"))
    for place, row in [(some, rows[0]), *((none, row) for row in all_done)]:
        _close(place, row, at("2026-11-23 06:00"))
    deliver(at(MORNING))
    assert named(mailing, rows) == [0] + [1] * 6
    told = {mail.recipients for mail in mailing.mails if "follow-ups are waiting" in mail.subject}
    assert told == {(some.coordinator.email,)}
    assert states() == {OutboxState.SENT: 6, OutboxState.DROPPED: 8}
    dropped = session.scalar(select(func.count()).where(OutboxMessage.state == OutboxState.DROPPED))
    ended = {"waiting": 0, "claimed": 0, "failed": 0, "sent": len(mailing.mails), "dropped": dropped}
    assert queue_depth() == ended  # one that stands for others counts once, as it was sent


def test_one_that_is_due_and_has_no_words_keeps_the_others_waiting_no_longer(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = due(scene(), 7)
    kind = kinds()["followup.due"]

    def speechless(message: OutboxMessage, actor: Any) -> Mail | None:
        return None if message.object_id == rows[0].id else kind.says(message, actor)

    monkeypatch.setitem(message_kinds._kinds, kind.kind, replace(kind, says=speechless))
    tick(at(MORNING))
    assert named(mailing, rows) == [0] + [1] * 6
    assert (states(), states("mail.together")) == (
        {OutboxState.SENT: 6, OutboxState.DROPPED: 1}, {OutboxState.SENT: 1}
    )  # fmt: skip
    assert queue_depth()["dropped"] == 1


def test_what_a_sender_let_go_is_told_by_itself_once_it_is_open_again(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene()
    rows = due(here, 7)
    sweep(at(MORNING))
    batch = _close(here, rows[0], at(MORNING))
    deliver(at(MORNING))
    assert named(mailing, rows) == [0] + [1] * 6
    undo(acting(here.coordinator), batch, at("2026-11-23 06:44"))
    tick(at("2026-11-23 06:45"))
    assert named(mailing, rows) == [1] * 7


@pytest.mark.both_databases
@pytest.mark.parametrize(("step", "copies"), [("before_send", 1), ("after_send", 2)])
def test_a_sender_that_dies_loses_none_and_sends_it_again_under_the_same_number(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch, step: str, copies: int
) -> None:
    here = scene()
    rows = due(here, 7)
    sweep(at("2026-11-23 05:00"))

    def dies(name: str) -> None:
        if name == f"deliver.{step}":
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(queue, "reach", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver(at(MORNING))
    assert states() == {OutboxState.WAITING: 7}
    deliver(at("2026-11-23 06:45"))
    assert named(mailing, rows) == [copies] * 7
    assert len({mail.message["Message-ID"] for mail in mailing.mails}) == 1
    assert states() == {OutboxState.SENT: 7}


def test_what_a_dead_sender_had_sent_alone_is_in_no_mail_with_others(
    session: Any, at: At, mailing: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene()
    rows = due(here, 1)
    sweep(at("2026-11-23 05:00"))

    def dies(name: str) -> None:
        if name == "deliver.after_send":
            raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(queue, "reach", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver(at(MORNING))
    rows += due(here, 6)
    tick(at("2026-11-23 06:45"))
    assert named(mailing, rows) == [2] + [1] * 6
    assert len({mail.message["Message-ID"] for mail in mailing.mails}) == 3  # it, the six others, and the digest


def test_one_that_failed_goes_out_whole_once_it_is_tried_again(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    rows = due(here, 7)
    sweep(at("2026-11-23 05:00"))
    mailing.replies[here.coordinator.email] = "550 nobody of that name"
    assert deliver(at(MORNING))["failed"] == 1
    [(failed, _email)] = failed_mail()
    mailing.replies.clear()
    session.commit()
    retry_failed(SYSTEM, failed.id, at("2026-11-23 08:00"))
    deliver(at("2026-11-23 08:00"))
    assert named(mailing, rows) == [1] * 7
    assert states() == {OutboxState.SENT: 7}


def _close(here: Scene, row: FollowUp, now: datetime) -> str:
    db.session.commit()
    kind = Invocation(acting(here.coordinator), now, version=fresh(row).version)
    making.close(kind, row.id, "reached", shown(MONDAY))
    batch = db.session.scalars(select(FollowUpAct.batch).where(FollowUpAct.follow_up_id == row.id)).one()
    db.session.commit()
    return batch
