"""Taking back what one just did: for ten minutes, by the same person, if nobody changed it since."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.factories.followups import shown
from tests.mail.making import Scene, scene
from tests.support.applications import make_app
from tests.support.databases import Database
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.grants import actor_of
from wss_cases.cases.case.models import CaseResult, CaseState
from wss_cases.followups.core.models import FollowUp, FollowUpAct, FollowUpState
from wss_cases.followups.making import close
from wss_cases.followups.undo import CannotUndo, Standing, undo, why_not_undone
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import DomainError
from wss_cases.journal.models import OutboxMessage, OutboxState, TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.mail.delivery.queue import deliver, drop
from wss_cases.workday.sweep import sweep

AT = datetime.fromisoformat("2026-11-24T16:00:00+00:00")
TODAY = date(2026, 11, 24)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("after", "undone", "version_now", "ended", "kept"),
    [
        (minutes(0), False, 2, False, None),
        (minutes(10), False, 2, False, None),
        (minutes(10) + timedelta(microseconds=1), False, 2, False, CannotUndo.TOO_LATE),
        (minutes(-1), False, 2, False, CannotUndo.TOO_LATE),
        (minutes(1), True, 2, False, CannotUndo.TAKEN_BACK),
        (minutes(1), False, 3, False, CannotUndo.CHANGED),
        (minutes(1), False, 1, False, CannotUndo.CHANGED),
        (minutes(1), False, 2, True, CannotUndo.BUILT_ON),
        (minutes(11), True, 3, True, CannotUndo.TAKEN_BACK),
        (minutes(11), False, 3, True, CannotUndo.TOO_LATE),
        (minutes(1), False, 3, True, CannotUndo.CHANGED),
    ],
)
def test_what_may_be_taken_back(
    after: timedelta, undone: bool, version_now: int, ended: bool, kept: CannotUndo | None
) -> None:
    assert why_not_undone(Standing(AT, undone, 2, version_now, ended), AT + after) is kept


@pytest.fixture
def here(session: Any, at: Any) -> Scene:
    at("2026-11-24 10:00")
    return scene()


def press_undo(client: PageClient, address: str = "/my-day") -> str:
    answer = client.submit(address, action="/follow-ups/undo", follow=True)
    return answer.get_data(as_text=True)


ACTS: dict[str, tuple[str, dict[str, str]]] = {
    "closed": ("", {"outcome": "reached", "manner": "phone"}),
    "moved": ("/move", {"due_on": "2026-12-01", "reason": "asked"}),
    "cancelled": ("/cancel", {"reason": "Moved away"}),
    "snoozed": ("/pause", {"until": "2026-11-30", "reason": "waiting"}),
}


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_taken_back_and_both_stand_in_the_history(here: Scene, client_as: Any, act: str) -> None:
    row = here.due(title="Talk to them", kind="other" if act == "snoozed" else "contact_person_harmed")
    before = {c.key: getattr(row, c.key) for c in FollowUp.__table__.c if c.key != "version"}
    path, values = ACTS[act]
    client = client_as(here.coordinator)
    assert client.submit(f"/follow-ups/{row.id}{path}", values).status_code == 303
    assert "Talk to them" in client.page(f"/follow-ups/{row.id}").text
    assert "Undone." in press_undo(client)
    now = fresh(row)
    assert {name: getattr(now, name) for name in before} == before
    told = db.session.scalars(
        select(TimelineEntry).where(TimelineEntry.subject_type == "follow_up").order_by(TimelineEntry.id)
    ).all()
    assert [entry.kind for entry in told][-2:] == [
        {"closed": "followup.done"}.get(act, f"followup.{act}"),
        "followup.undone",
    ]
    assert sentence(told[-1]).startswith("Undone: ")
    assert "Undo" not in client.page("/my-day").text


def test_who_gave_their_own_away_takes_it_back(here: Scene, client_as: Any) -> None:
    reporter = make_user(Role.REPORTER, here.school)
    row = here.due(owner_id=reporter.id, kind="other", title="Bring the form")
    client = client_as(reporter)
    assert client.submit(f"/follow-ups/{row.id}/hand-on", {"owner": str(here.coordinator.id)}).status_code == 303
    assert fresh(row).given_by_id == reporter.id
    assert client.get(f"/follow-ups/{row.id}").status_code == 404
    press_undo(client, "/follow-ups")
    assert (fresh(row).owner_id, fresh(row).given_by_id) == (reporter.id, None)


def test_it_stays_after_ten_minutes_another_persons_act_and_the_end_of_the_case(
    here: Scene, client_as: Any, at: Any
) -> None:
    row = here.due(kind="other", title="Ask the coach")
    client, dean = client_as(here.coordinator), client_as(make_user(Role.DEAN, here.school))
    client.submit(f"/follow-ups/{row.id}", {"outcome": "done", "note": "Asked"})
    batch = db.session.scalars(select(FollowUpAct.batch)).one()
    sent = {"csrf_token": dean.csrf_token("/account"), "batch": batch}
    assert dean.post("/follow-ups/undo", data=sent).status_code == 404
    sent["csrf_token"] = client.csrf_token("/account")
    here.case.state, here.case.result = CaseState.CLOSED, CaseResult.REPAIRED
    db.session.commit()
    page = client.post("/follow-ups/undo", data=sent, follow_redirects=True).get_data(as_text=True)
    assert "What it belongs to has since ended." in page
    here.case.state, here.case.result = CaseState.IN_PROCESS, None
    db.session.commit()
    at("2026-11-24 10:11")
    assert "Undo" not in client.page("/my-day").text
    page = client.post("/follow-ups/undo", data=sent, follow_redirects=True).get_data(as_text=True)
    assert "This can be undone for only ten minutes." in page
    assert fresh(row).state is FollowUpState.DONE


@pytest.mark.parametrize("batch", ["", "\x00", "a" * 5000, "f" * 32])
def test_a_batch_that_nobody_made_is_not_found(here: Scene, client_as: Any, batch: str) -> None:
    client = client_as(here.coordinator)
    sent = {"csrf_token": client.csrf_token("/account"), "batch": batch}
    assert client.post("/follow-ups/undo", data=sent).status_code == 404


def test_a_changed_one_stays_and_the_others_of_the_batch_come_back(here: Scene, client_as: Any) -> None:
    rows = [here.due(date(2026, 11, 20), kind="other", title=f"Step {n}") for n in range(3)]
    client = client_as(here.coordinator)
    address = "/follow-ups/re-plan?" + "&".join(f"id={row.id}" for row in rows)
    values = {"how": "one", "due_on": "2026-12-01", "reason": "asked"}
    checked = client.submit(address, values, holding="how").get_data(as_text=True)
    token, key = (
        re.findall(rf'name="{name}"[^>]* value="([^"]+)"', checked)[0] for name in ("csrf_token", "request_key")
    )
    sent = {"csrf_token": token, "request_key": key, "reason": "asked"}
    client.post("/follow-ups/re-plan/move", data=sent | {"move": re.findall(r'value="(\d+\.\d+\.[\d-]+)"', checked)})
    client_as(make_user(Role.DEAN, here.school)).submit(
        f"/follow-ups/{rows[1].id}", {"outcome": "done", "note": "Asked them"}
    )
    page = press_undo(client)
    assert "1 follow-up stays because someone has changed it since." in page
    assert [fresh(row).due_on.day for row in rows] == [20, 1, 20]


def queue_state() -> list[OutboxState]:
    wanted = select(OutboxMessage.state).where(OutboxMessage.kind == "followup.due")
    return list(db.session.scalars(wanted.order_by(OutboxMessage.id)))


def test_a_mail_dropped_in_between_goes_out_once_and_a_sent_one_not_again(here: Scene, client_as: Any, at: Any) -> None:
    row = here.due(title="Talk to them")
    client = client_as(here.coordinator)
    now = at("2026-11-24 10:00")
    sweep(now)
    assert queue_state() == [OutboxState.WAITING]
    client.submit(f"/follow-ups/{row.id}", {"outcome": "reached", "manner": "phone"})
    deliver(now)
    assert queue_state() == [OutboxState.DROPPED]
    press_undo(client)
    assert queue_state() == [OutboxState.WAITING]  # in the same commit: no sweep may miss it
    for minute in range(1, 4):
        later = at(f"2026-11-24 10:0{minute}")
        sweep(later)
        deliver(later)
    assert queue_state() == [OutboxState.SENT]
    client.submit(f"/follow-ups/{row.id}", {"outcome": "reached", "manner": "phone"})
    press_undo(client)
    later = at("2026-11-24 10:05")
    sweep(later)
    deliver(later)
    assert queue_state() == [OutboxState.SENT]


def test_a_mail_that_a_sender_was_about_to_drop_waits_on(here: Scene, client_as: Any, at: Any) -> None:
    row = here.due(title="Talk to them")
    client = client_as(here.coordinator)
    now = at("2026-11-24 10:00")
    sweep(now)
    client.submit(f"/follow-ups/{row.id}", {"outcome": "reached", "manner": "phone"})
    # a sender has claimed the mail and found it needless; before it says so, the closing is taken back
    held = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "followup.due")).one()
    held.state, held.claim_token, held.lease_until = OutboxState.CLAIMED, "held", now + minutes(3)
    db.session.commit()
    press_undo(client)
    assert queue_state() == [OutboxState.CLAIMED]
    drop(held.id, "held", now)
    assert queue_state() == [OutboxState.WAITING]
    deliver(now)
    assert queue_state() == [OutboxState.SENT]


def test_a_move_there_and_back_does_not_lose_the_mail(here: Scene, client_as: Any, at: Any) -> None:
    row = here.due(title="Talk to them")
    client = client_as(here.coordinator)
    now = at("2026-11-24 10:00")
    sweep(now)
    client.submit(f"/follow-ups/{row.id}/move", {"due_on": "2026-12-01", "reason": "asked"})
    deliver(now)
    assert queue_state() == [OutboxState.DROPPED]
    client.submit(f"/follow-ups/{row.id}/move", {"due_on": "2026-11-24", "reason": "other"})
    deliver(at("2026-11-24 10:20"))
    assert queue_state() == [OutboxState.SENT]


@pytest.mark.both_databases
def test_two_who_race_leave_one_act_whole(database: Database, tmp_path: Path, at: Callable[..., datetime]) -> None:
    """Undo against the next act on the same follow-up, and undo against itself: one wins, nothing is half."""
    now = at("2026-11-24 10:00")
    app = make_app(database.url, tmp_path)
    with app.app_context():
        here = scene()
        coordinator, dean = here.coordinator.id, make_user(Role.DEAN, here.school).id
        for turn in range(8):
            row_id = here.due(kind="other", title="Ask").id
            with app.app_context():
                close(Invocation(actor_of(coordinator, now), now), row_id, "done", shown(TODAY))
                batch = db.session.scalars(select(FollowUpAct.batch).order_by(FollowUpAct.id.desc()).limit(1)).one()
            results: list[str] = []

            def take_back(who: int, batch: str = batch, results: list[str] = results) -> None:
                with app.app_context():
                    try:
                        undo(actor_of(who, now), batch, now)
                        results.append("undone")
                    except DomainError:
                        results.append("kept")

            threads = [threading.Thread(target=take_back, args=(coordinator,)) for _n in range(3)]
            threads.append(threading.Thread(target=take_back, args=(dean,)))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(results) == ["kept", "kept", "kept", "undone"], turn
            db.session.rollback()
            told = select(TimelineEntry.kind).where(TimelineEntry.subject_id == row_id)
            assert list(db.session.scalars(told)).count("followup.undone") == 1
            assert fresh(db.session.get(FollowUp, row_id)).state is FollowUpState.OPEN
        db.session.remove()
        db.engine.dispose()
