"""Each reminder is queued once and sent once, in its hours, to somebody who may still know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories.accounts import acting
from tests.factories.base import fresh
from tests.factories.followups import shown
from tests.factories.roster import make_calendar
from tests.mail.making import CANARY, Scene, scene
from tests.support.applications import make_app
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import SYSTEM, Invocation
from wss_cases.followups import making
from wss_cases.followups.core.models import FollowUpState
from wss_cases.followups.pages import follow_up as follow_up_pages
from wss_cases.foundation.db import db
from wss_cases.journal.models import OutboxMessage, OutboxState
from wss_cases.mail.delivery.queue import deliver, retry_failed
from wss_cases.workday.sweep import sweep

At = Callable[..., datetime]


def outbox(kind: str = "followup.due") -> list[OutboxMessage]:
    db.session.expire_all()
    statement = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return list(db.session.scalars(statement))


def test_a_due_item_is_queued_once_over_many_sweeps_and_a_dry_run_says_the_same(session: Any, at: At) -> None:
    here = scene()
    here.due()
    now = at("2026-11-24 10:00")
    assert sweep(now, dry_run=True) == {"queued": 2} and outbox() == []
    assert sweep(now)["queued"] == 2  # the single mail and the morning digest
    for minute in range(1, 30):
        assert sweep(now + timedelta(minutes=minute)) == {"queued": 0}
    assert [message.state for message in outbox()] == [OutboxState.WAITING]
    assert len(outbox("digest")) == 1


def test_it_catches_up_once_after_a_month_of_silence(session: Any, at: At) -> None:
    here = scene()
    for day in range(2, 27):
        here.due(date(2026, 10, day))
    assert sweep(at("2026-11-28 12:00")) == {"queued": 25}  # a Saturday: no digest
    assert sweep(at("2026-11-28 12:01")) == {"queued": 0}


def test_same_day_items_wait_for_the_hour_before_the_last_bell(session: Any, at: At) -> None:
    here = scene()
    here.due(same_day=True, created_at=at("2026-11-24 08:00"), single_mail=True)
    sweep(at("2026-11-24 13:59"))
    assert outbox() == []
    sweep(at("2026-11-24 14:00"))
    assert len(outbox()) == 1
    here.due(same_day=True, created_at=at("2026-11-24 14:40"), single_mail=True)
    sweep(at("2026-11-24 14:40"))
    assert len(outbox()) == 2


@pytest.mark.parametrize(("wall", "digests"), [("06:29", 0), ("06:30", 1), ("17:59", 1), ("18:00", 0)])
def test_the_digest_belongs_to_the_morning(session: Any, at: At, wall: str, digests: int) -> None:
    scene().due(single_mail=False)
    sweep(at(f"2026-11-24 {wall}"))
    assert (len(outbox("digest")), outbox()) == (digests, [])  # it has no mail of its own


def test_no_digest_on_a_day_without_school(session: Any, at: At) -> None:
    make_calendar(date(2026, 11, 1), date(2026, 12, 31), closed=[date(2026, 11, 26), date(2026, 11, 27)])
    scene().due(single_mail=False)
    sweep(at("2026-11-26 09:00"))
    assert outbox("digest") == []
    sweep(at("2026-11-30 06:30"))
    assert len(outbox("digest")) == 1


def test_mail_is_sent_in_text_and_html_without_names(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    follow_up = here.due()
    sweep(at("2026-11-24 10:00"))
    assert deliver(at("2026-11-24 10:00")) == {"sent": 2, "retry": 0, "failed": 0}
    for mail in mailing.wait_for(2):
        assert mail.recipients == (here.coordinator.email,)
        assert {part.get_content_type() for part in mail.message.walk()} >= {"text/plain", "text/html"}
        for word in (*CANARY.split(), "CANARY77"):
            assert word not in mail.everything
    single = next(mail for mail in mailing.mails if f"/follow-ups/{follow_up.id}" in mail.everything)
    assert "First contact with the person harmed" in single.subject
    assert deliver(at("2026-11-24 10:05")) == {"sent": 0, "retry": 0, "failed": 0}


@pytest.mark.parametrize("wall", ["2026-11-28 12:00", "2026-11-24 05:00", "2026-11-24 18:00"])
def test_mail_waits_for_hours_and_school_days(session: Any, at: At, mailing: MailServer, wall: str) -> None:
    here = scene()
    here.due(date(2026, 11, 23))
    assert sweep(at(wall))["queued"] == 1
    assert deliver(at(wall)) == {"sent": 0, "retry": 0, "failed": 0}
    assert deliver(at("2026-11-30 06:29"))["sent"] == 0
    assert deliver(at("2026-11-30 06:30"))["sent"] == 1
    assert len(mailing.mails) == 1


def test_mail_for_any_hour_never_waits(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    here.due(date(2026, 11, 23))
    sweep(at("2026-11-28 03:00"))
    [message] = outbox()
    message.at_any_hour = True
    session.commit()
    assert deliver(at("2026-11-28 03:00"))["sent"] == 1


def _close(here: Scene, row: Any, now: datetime) -> None:
    making.close(Invocation(acting(here.coordinator), now, version=row.version), row.id, "reached", shown(now.date()))


def _move(here: Scene, row: Any, now: datetime) -> None:
    follow_up_pages.move(
        Invocation(acting(here.coordinator), now, version=row.version), row.id, due_on=date(2026, 12, 2), reason="asked"
    )


def test_a_moved_item_reminds_again_on_its_new_day(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    row = here.due()
    now = at("2026-11-24 10:00")
    sweep(now)
    _move(here, row, now)
    assert sweep(at("2026-12-02 10:00"))["queued"] == 2
    assert deliver(at("2026-12-02 10:00"))["sent"] == 2


def test_refused_for_now_is_sent_later_with_the_same_message_id(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    here.due()
    sweep(at("2026-11-24 05:00"))
    mailing.replies[here.coordinator.email] = "451 later"
    assert deliver(at("2026-11-24 10:00")) == {"sent": 0, "retry": 1, "failed": 0}
    [message] = outbox()
    first_id = message.message_id
    assert (message.state, message.attempts) == (OutboxState.WAITING, 1)
    mailing.replies.clear()
    assert deliver(at("2026-11-24 10:04"))["sent"] == 0
    assert deliver(at("2026-11-24 10:05"))["sent"] == 1
    [mail] = mailing.wait_for(1)
    assert first_id in mail.message["Message-ID"]


def test_refused_for_good_fails_is_shown_and_may_be_tried_again(
    session: Any, at: At, mailing: MailServer, client_as: Any
) -> None:
    here = scene()
    here.due()
    sweep(at("2026-11-24 05:00"))
    mailing.replies[here.coordinator.email] = "550 no such person"
    now = at("2026-11-24 10:00")
    assert deliver(now) == {"sent": 0, "retry": 0, "failed": 1}
    [message] = outbox()
    assert (message.state, message.last_error) == (OutboxState.FAILED, "recipient refused (550)")
    retry_failed(SYSTEM, message.id, now)
    mailing.replies.clear()
    assert deliver(now)["sent"] == 1


def test_a_server_that_is_away_gives_up_after_two_days(session: Any, at: At, app: Flask, mailing: MailServer) -> None:
    here = scene()
    here.due()
    sweep(at("2026-11-24 05:00"))
    [message] = outbox()
    message.at_any_hour = True
    session.commit()
    mailing.replies[here.coordinator.email] = "451 later"
    began = now = at("2026-11-24 10:00")
    pauses = []
    while outbox()[0].state is OutboxState.WAITING:
        counts = deliver(now)
        assert counts["retry"] + counts["failed"] == 1
        pauses.append(outbox()[0].next_attempt_at - now)
        now = outbox()[0].next_attempt_at
    assert (pauses[0], pauses[-1]) == (timedelta(minutes=5), timedelta(hours=4))
    assert timedelta(hours=48) <= now - began <= timedelta(hours=52)
    assert mailing.mails == []


def test_without_a_server_mail_is_written_to_files(session: Any, at: At, app: Flask, tmp_path: Path) -> None:
    app.config["MAIL_FOLDER"] = str(tmp_path / "mail")
    scene().due()
    now = at("2026-11-24 10:00")
    sweep(now)
    assert deliver(now)["sent"] == 2
    written = sorted((tmp_path / "mail").glob("*.eml"))
    assert len(written) == 2
    assert b"Message-ID" in written[0].read_bytes()


@pytest.mark.both_databases
def test_two_senders_and_two_sweepers_at_once_double_nothing(
    live_system: Any, tmp_path: Path, smtp_server: MailServer
) -> None:
    application = make_app(live_system.database.url, tmp_path, SMTP_URL=smtp_server.url)
    zone_noon = datetime.fromisoformat("2026-11-24T18:00:00+00:00")
    with application.app_context():
        for _number in range(3):
            here = scene()
            for _row in range(4):
                here.due(date(2026, 11, 20))
    results: list[dict[str, int]] = []

    def work() -> None:
        with application.app_context():
            swept = sweep(zone_noon)
            results.append(swept | deliver(zone_noon))

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result["queued"] for result in results) == 12 + 3
    with application.app_context():
        deliver(zone_noon)
        states = dict(db.session.execute(select(OutboxMessage.kind, func.count()).group_by(OutboxMessage.kind)).all())
    assert states == {"followup.due": 12, "digest": 3}
    singles = [mail.message["Message-ID"] for mail in smtp_server.mails if "/follow-ups/" in mail.everything]
    assert len(singles) == len(set(singles)) == 12


def test_closing_sends_nothing_more(session: Any, at: At, mailing: MailServer) -> None:
    here = scene()
    row = here.due()
    now = at("2026-11-24 10:00")
    _close(here, row, now)
    assert fresh(row).state is FollowUpState.DONE
    assert sweep(now) == {"queued": 0}
