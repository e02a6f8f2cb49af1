"""What the scheduler does goes in steps of one commit: a spent share stops it after one, and the next tick goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.cases.making import NOW, make_world
from tests.factories.accounts import acting, make_user
from tests.factories.roster import SchoolFactory
from tests.factories.surveys import begin, school_to_ask
from tests.mail.making import scene
from tests.pathways.circles.notes.making import LONG_AFTER, end, kept_circle, write
from wss_cases.access.actor import SYSTEM, Invocation, Role
from wss_cases.accounts.held_changes import HeldChange
from wss_cases.accounts.people.held import settle_due
from wss_cases.accounts.sign_in import saved_forms
from wss_cases.accounts.sign_in.saved_forms import KeptForm
from wss_cases.board.report.queries import Every
from wss_cases.board.stored_reports import BoardSubscription, queue_due, subscribe
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.reminders import sweep as reminders
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.journal.audit import actions as sealing
from wss_cases.journal.audit.actions import seal
from wss_cases.journal.models import AuditEntry, RequestKey
from wss_cases.journal.unit_of_work import unit_of_work
from wss_cases.mail.bounces import mend_address
from wss_cases.pathways.circles.notes import shredding
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.records.retention import schedule
from wss_cases.surveys.results import count_due
from wss_cases.surveys.rounds import SurveyRound


@contextmanager
def commits() -> Iterator[list[int]]:
    """Collect a number for every commit of the session while this is open."""
    seen: list[int] = []

    def note(_session: Any) -> None:
        seen.append(len(seen))

    sa.event.listen(db.session, "after_commit", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.session, "after_commit", note)


def by_steps(act: Callable[[Share], Any], left: Callable[[], int], step: int) -> int:
    """Carry work out by spent shares until nothing is left; each does one step, no more. Returns how many it took."""
    calls = 0
    while (before := left()) > 0:
        with commits() as seen:
            act(Share(-1.0))
        assert 0 < before - left() <= step, "a step does something, and no more than a step"
        assert len(seen) <= 2
        calls += 1
    return calls


def count(statement: sa.Select[Any]) -> Callable[[], int]:
    def now() -> int:
        db.session.remove()
        return db.session.scalar(sa.select(sa.func.count()).select_from(statement.subquery())) or 0

    return now


def test_a_spent_share_grants_one_step_and_another_kind_of_work_its_own() -> None:
    share = Share(-1.0)
    assert [share.goes_on(), share.goes_on()] == [True, False]
    assert [share.anew().goes_on(), share.goes_on()] == [True, False]
    assert [WHOLE.goes_on(), WHOLE.goes_on(), WHOLE.anew().goes_on()] == [True, True, True]


def test_days_of_private_notes_are_set_step_by_step_and_nothing_goes_before(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shredding, "BATCH", 2)
    world = make_world()
    for _number in range(5):
        circle = kept_circle(world)
        write(world.actor, circle, "said in the circle")
        end(circle)
    session.execute(sa.update(CircleNote).values(shred_on=date(2020, 1, 1)))
    session.commit()
    wrong = count(sa.select(CircleNote.id).where(CircleNote.shred_on == date(2020, 1, 1)))
    notes = count(sa.select(CircleNote.id))
    assert by_steps(lambda share: shredding.shred(NOW, share), wrong, 2) == 3
    assert notes() == 5
    # a day is right and has come: a step shreds a batch
    assert by_steps(lambda share: shredding.shred(LONG_AFTER, share), notes, 2) == 3


def test_follow_ups_are_swept_step_by_step(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "BATCH", 2)
    here = scene()
    for _number in range(5):
        here.due(date(2026, 11, 23))
    unseen = count(sa.select(FollowUp.id).where(FollowUp.swept_at.is_(None)))
    assert unseen() == 5
    assert by_steps(lambda share: reminders.sweep_follow_ups(NOW, share), unseen, 2) == 3


def test_old_rows_go_step_by_step(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "AT_ONCE", 2)
    user = make_user(Role.DEAN)
    long_ago = NOW - timedelta(days=900)
    for number in range(5):
        session.add(RequestKey(user_id=user.id, key=f"key-{number}", at=long_ago))
    session.commit()
    assert by_steps(lambda share: schedule.clean(NOW, share), count(sa.select(RequestKey.id)), 2) == 3


def test_what_waited_its_day_settles_step_by_step(session: Any) -> None:
    boss = make_user(Role.SYSADMIN)
    for number in range(3):
        mend_address(Invocation(acting(boss), NOW), make_user(Role.DEAN).id, f"new{number}@district.example")
    session.commit()
    waits = count(sa.select(HeldChange.id).where(HeldChange.settled_at.is_(None)))
    assert waits() == 3
    assert by_steps(lambda share: settle_due(NOW + timedelta(days=2), share), waits, 1) == 3


def test_kept_forms_are_forgotten_step_by_step(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_forms, "AT_ONCE", 2)
    user = make_user(Role.DEAN)
    for number in range(5):
        session.add(
            KeptForm(
                user_id=user.id, kept_at=NOW - timedelta(days=2), path=f"/page/{number}", page="/page",
                sealed_text=b"", sealed_key=b"", key_name="",
            )
        )  # fmt: skip
    session.commit()
    assert by_steps(lambda share: saved_forms.forget_kept(NOW, share), count(sa.select(KeptForm.id)), 2) == 3


def test_surveys_that_are_over_are_counted_one_by_one(session: Any, at: Callable[..., datetime]) -> None:
    at("2026-11-09 10:00")
    for _number in range(3):
        begin(school_to_ask(students=1))
    over = clock.now() + timedelta(days=30)
    waits = count(sa.select(SurveyRound.id).where(SurveyRound.counted_at.is_(None)))
    assert waits() == 3
    assert by_steps(lambda share: count_due(over, share), waits, 1) == 3


def test_reports_are_asked_for_one_by_one(session: Any, at: Callable[..., datetime]) -> None:
    at("2026-11-24 10:00")
    for _number in range(3):
        school = SchoolFactory()
        call = Invocation(acting(make_user(Role.ADMINISTRATOR, school)), clock.now())
        subscribe(call, school.id, None, Every.MONTH, "en")
    session.commit()
    later = clock.now() + timedelta(days=21)
    waits = count(sa.select(BoardSubscription.id).where(BoardSubscription.sent_for < date(2026, 11, 30)))
    assert waits() == 3
    assert by_steps(lambda share: queue_due(later, share), waits, 1) == 3


def test_the_audit_log_is_sealed_batch_by_batch(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seal(NOW)
    monkeypatch.setattr(sealing, "BATCH", 2)
    with unit_of_work(SYSTEM, NOW) as uow:
        for _number in range(5):
            uow.audit("share.tried", "school", None)
    left = count(sa.select(AuditEntry.id).where(sealing.without_seal()))
    assert by_steps(lambda _share: seal(NOW, batches=1), left, 2) == 3
