"""A session that was not held, or entered by mistake, is canceled with a reason, counts nowhere, can be put back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.training.conftest import NOW, TODAY, Scene
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState
from wss_cases.mail.delivery.messages import compose
from wss_cases.training.records.pages import take_back, total_minutes
from wss_cases.training.records.queries import Because, TrainingRecord, TrainingSession, records_of
from wss_cases.training.requirements.queries import minimums_at, own_due, standings_at, standings_of_schools
from wss_cases.training.sessions.actions import (
    Planned,
    add_session,
    cancel_session,
    change_session,
    draw_code,
    put_back,
    sign_in,
    sign_in_by_code,
)
from wss_cases.training.sessions.messages import CANCELED, signed_in, was_signed_in

PLANNED = Planned("de_escalation", TODAY, 120, "Peace Center")


def held(scene: Scene, *people: Any) -> int:
    """Add a session of today with a code, at which these people were."""
    number = add_session(scene.call(scene.head), scene.school.id, PLANNED)
    draw_code(scene.call(scene.head), number)
    sign_in(scene.call(scene.head), number, scene.school.id, [one.id for one in people])
    return number


def mails() -> Sequence[OutboxMessage]:
    """The mails about sessions that are queued."""
    kinds = OutboxMessage.kind.startswith("training_session")
    return db.session.scalars(select(OutboxMessage).where(kinds).order_by(OutboxMessage.id)).all()


def said(message: OutboxMessage) -> str:
    """What a mail says if it goes now, on one line; '' where it is not sent any more."""
    mail = compose(message, NOW)
    body = mail.get_body(("plain",)) if mail is not None else None
    return " ".join(body.get_content().split()) if body is not None else ""


def counted(scene: Scene) -> tuple[bool, bool, int]:
    """Whether the teacher is up to date, the school meets its minimum, and how many there are behind, as lists say."""
    one = next(row for row in standings_at(scene.school.id, TODAY) if row.user_id == scene.teacher.id)
    [minimum] = minimums_at(scene.school.id, TODAY)
    due = own_due(scene.call(scene.teacher).actor, TODAY)
    assert bool(due) == (one.standing != "valid")
    behind = standings_of_schools(scene.call(scene.district).actor, TODAY)[scene.school.id]
    return one.standing == "valid", minimum.met, len(behind.unmet)


def test_a_canceled_session_counts_nowhere_until_it_is_put_back(scene: Scene, client_as: Any) -> None:
    scene.require_people(Role.REPORTER, 12)
    scene.require_minimum(1, "de_escalation")
    number, client = held(scene, scene.teacher, scene.coordinator, scene.head), client_as(scene.head)
    first = select(TrainingRecord.id).where(TrainingRecord.user_id == scene.coordinator.id)
    take_back(scene.call(scene.head), db.session.scalars(first).one(), "Left after five minutes")
    page, code = f"/training/sessions/{number}", db.session.get_one(TrainingSession, number).code
    assert counted(scene) == (True, True, 0)
    sent = {"because": "not_held", "reason": "The trainer fell ill"}
    refused = client.submit(f"{page}/cancel", {"because": "not_held", "reason": " "})
    assert refused.status_code == 400 and 'id="reason-error"' in refused.text and counted(scene) == (True, True, 0)
    assert client.submit(f"{page}/cancel", sent).status_code == 303
    assert counted(scene) == (False, False, 1)
    shown = client.page(page).text
    assert "Canceled: It was not held, or will not be. The trainer fell ill" in shown and "Sign people in" not in shown
    assert "Tom Teacher" in shown, "who was there stays to be seen"
    assert "Training session canceled" in shown and "Ada Stone" in shown
    assert "Canceled" in client.page("/training/sessions").text
    mine = client_as(scene.teacher).page("/training/mine").text
    assert "The trainer fell ill" in mine and "Taken back" in mine
    assert client.get(f"{page}/wall").status_code == 404
    for act in (
        lambda: cancel_session(scene.call(scene.head), number, Because.IN_ERROR, "Again"),
        lambda: change_session(scene.call(scene.head), number, PLANNED),
        lambda: draw_code(scene.call(scene.head), number),
        lambda: sign_in(scene.call(scene.head), number, scene.school.id, [scene.teacher.id]),
        lambda: sign_in_by_code(scene.call(scene.teacher), code),
    ):
        with pytest.raises(Refused, match="canceled"):
            act()
    assert client.submit(page, {}, action=f"{page}/put-back").status_code == 303
    assert counted(scene) == (True, True, 0)
    with pytest.raises(Refused, match="not canceled"):
        put_back(scene.call(scene.head), number)
    standing = TrainingRecord.taken_back_at.is_(None)
    assert set(db.session.scalars(select(TrainingRecord.user_id).where(standing))) == {scene.teacher.id, scene.head.id}
    trace = select(AuditEntry.action).where(AuditEntry.object_type.in_(("training_session", "training_record")))
    acts = db.session.scalars(trace.order_by(AuditEntry.id)).all()
    assert acts[-6:] == [
        "training_session.canceled", *["training.taken_back"] * 2,
        "training_session.put_back", *["training.counts_again"] * 2,
    ]  # fmt: skip


def test_who_was_there_is_told_that_it_was_not_held_and_of_the_way_back_only_what_corrects_a_mail(scene: Scene) -> None:
    number = held(scene, scene.teacher, scene.head)
    cancel_session(scene.call(scene.head), number, Because.IN_ERROR, "Entered twice")
    put_back(scene.call(scene.head), number)
    cancel_session(scene.call(scene.head), number, Because.NOT_HELD, "The trainer fell ill")
    [mail] = mails()
    assert mail.recipient_id == scene.teacher.id, "not who canceled it, and nothing of a mistake"
    words = said(mail)
    assert "was not held" in words and "fell ill" not in words
    put_back(scene.call(scene.head), number)
    assert said(mail) == "", "what was not sent yet is not sent any more"
    [mail, last] = mails()
    assert last.recipient_id == scene.teacher.id and said(last) == ""
    sent = {"state": OutboxState.SENT, "sent_at": NOW}
    db.session.execute(update(OutboxMessage).where(OutboxMessage.id == mail.id).values(sent))
    db.session.commit()
    assert "does count for you" in said(last)


def test_of_a_session_canceled_again_and_again_only_what_stands_is_told(scene: Scene) -> None:
    number = held(scene, scene.teacher)
    for minute in range(3):
        call = scene.call(scene.head, NOW + timedelta(minutes=minute))
        cancel_session(call, number, Because.NOT_HELD, "The trainer fell ill")
        told = [one for one in mails() if one.kind == CANCELED]
        assert [bool(said(one)) for one in told] == [False] * minute + [True]
        put_back(call, number)
    cancel_session(scene.call(scene.head, NOW + timedelta(minutes=3)), number, Because.IN_ERROR, "Entered twice")
    assert not any(said(one) for one in mails()), "of a mistake no one is told, nor of what was put back before"


def test_what_was_recorded_another_way_meanwhile_does_not_count_twice(scene: Scene) -> None:
    number = held(scene, scene.teacher, scene.coordinator)
    cancel_session(scene.call(scene.head), number, Because.NOT_HELD, "The trainer fell ill")
    scene.record(scene.teacher, on=TODAY, minutes=120)
    put_back(scene.call(scene.head), number)
    assert [total_minutes(records_of([one.id])) for one in (scene.teacher, scene.coordinator)] == [120, 120]
    assert set(signed_in(number)) == {scene.coordinator.id}
    cancel_session(scene.call(scene.head), number, Because.NOT_HELD, "Again")
    assert set(was_signed_in(number)) == {scene.coordinator.id}, "who was left out is not of the session any more"


def test_only_who_answers_for_the_school_cancels_it_and_puts_it_back(scene: Scene) -> None:
    number = held(scene, scene.teacher)
    for user in (scene.stranger, scene.teacher, scene.coordinator):
        for act in (
            lambda call: cancel_session(call, number, Because.NOT_HELD, "x"),
            lambda call: put_back(call, number),
        ):
            with pytest.raises(NotFound):
                act(scene.call(user))
