"""Taking back what one just did, for ten minutes; and moving several at once, checked before, in one unit of work."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

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
from wss_cases.followups.core.states import KINDS, RECORDED_ELSEWHERE
from wss_cases.followups.making import close
from wss_cases.followups.undo import MOST_AT_ONCE, SPREAD, CannotUndo, Standing, spread, undo, why_fixed, why_not_undone
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import DomainError
from wss_cases.journal.models import AuditEntry, OutboxMessage, OutboxState, TimelineEntry
from wss_cases.journal.timeline import sentence
from wss_cases.mail.delivery.queue import deliver, drop
from wss_cases.roster.directory.rules import DayKind, SchoolDays
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


CHOOSE = "/follow-ups/re-plan"
TO = date(2026, 12, 1)


def late(here: Scene, count: int = 3, **more: Any) -> list[FollowUp]:
    values = {"kind": "other", "title": "Ask the coach"} | more
    return [here.due(date(2026, 11, 16) + timedelta(days=n), **values) for n in range(count)]


def address(rows: list[FollowUp]) -> str:
    return f"{CHOOSE}?" + "&".join(f"id={row.id}" for row in rows)


def check(client: PageClient, rows: list[FollowUp], **values: Any) -> Any:
    chosen = {"how": "one", "due_on": TO.isoformat(), "reason": "no_time"} | values
    return client.submit(address(rows), chosen, holding="how")


def moves(text: str) -> MultiDict[str, str]:
    return MultiDict(
        [(name, value) for name, value in re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', text)
         if name in ("move", "reason", "csrf_token", "request_key")]
    )  # fmt: skip


def test_several_move_in_one_unit_each_with_its_timeline_and_audit(here: Scene, client_as: Any) -> None:
    rows = late(here)
    client = client_as(here.coordinator)
    checked = check(client, rows).get_data(as_text=True)
    assert "Mon, Nov 16" in checked
    assert checked.count("Tue, Dec 1") == 3
    assert [fresh(row).due_on for row in rows] == [date(2026, 11, 16 + n) for n in range(3)]
    sent = moves(checked)
    assert client.post(f"{CHOOSE}/move", data=sent).status_code == 303
    assert {fresh(row).due_on for row in rows} == {TO}
    told = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "followup.moved")).all()
    assert {entry.subject_id for entry in told} == {row.id for row in rows}
    assert {entry.data["reason"] for entry in told} == {"no_time"}
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "followup.moved")).all()
    assert {entry.changes["due_on"][1] for entry in audited} == {"2026-12-01"}
    assert "3 follow-ups moved" in client.page("/my-day").text
    # sent twice: the first answer, nothing is written again
    assert client.post(f"{CHOOSE}/move", data=sent).status_code == 303
    assert len(db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "followup.moved")).all()) == 3


def test_what_somebody_changed_meanwhile_is_left_and_named(here: Scene, client_as: Any) -> None:
    rows = late(here, 2)
    other = here.due(date(2026, 11, 18), kind="other", title="Bring the forms")
    client = client_as(here.coordinator)
    sent = moves(check(client, [*rows, other]).get_data(as_text=True))
    colleague = client_as(make_user(Role.DEAN, here.school))
    elsewhere = {"due_on": "2026-12-09", "reason": "asked"}
    assert colleague.submit(f"/follow-ups/{other.id}/move", elsewhere).status_code == 303
    colleague.submit(f"/follow-ups/{rows[0].id}", {"outcome": "done", "note": "Asked them"})
    answer = client.post(f"{CHOOSE}/move", data=sent)
    assert fresh(rows[1]).due_on == TO
    assert (fresh(other).due_on, fresh(rows[0]).state) == (date(2026, 12, 9), FollowUpState.DONE)
    page = client.page(answer.headers["Location"]).text
    assert "2 stay as they are because someone changed them meanwhile" in page
    assert "Bring the forms" in page
    sent["request_key"] = "another"
    again = client.post(f"{CHOOSE}/move", data=sent)
    assert again.status_code == 400
    assert "All of them changed since this page was opened" in again.get_data(as_text=True)


def test_a_heap_is_spread_over_the_next_school_days(here: Scene, client_as: Any) -> None:
    rows = late(here, 5)
    client = client_as(here.coordinator)
    client.post(f"{CHOOSE}/move", data=moves(check(client, rows, how="spread", number="3").get_data(as_text=True)))
    assert [fresh(row).due_on.day for row in rows] == [25, 25, 26, 26, 27]


def test_a_spread_is_even_and_in_order() -> None:
    days = SchoolDays({date(2026, 11, 26): DayKind.CLOSED, date(2026, 11, 27): DayKind.CLOSED})
    for number in SPREAD:
        for count in range(1, 40):
            chosen = spread(count, TODAY, number, days)
            assert chosen == sorted(chosen)
            assert len(chosen) == count
            assert all(days.is_school_day(day) and TODAY < day <= days.add(TODAY, number) for day in chosen)
            loads = [chosen.count(days.add(TODAY, ahead + 1)) for ahead in range(number)]
            assert max(loads) - min(loads) <= 1


def test_what_may_not_move_together_stays_and_says_why(here: Scene, client_as: Any) -> None:
    [plain] = late(here, 1)
    same_day = here.due(TODAY, kind="guardian_contact", title="Call home", same_day=True)
    term = here.due(TODAY, kind="agreement_term", title="Paint the wall")
    harmed = here.due(TODAY, kind="contact_person_harmed", title="Talk to them")
    closed = here.due(TODAY, kind="other", state=FollowUpState.DONE, outcome="done")
    kept = [same_day, term, harmed, closed]
    client = client_as(here.coordinator)
    page = client.page(address([plain, *kept]))
    offered = {box.get("value") for box in page.find_all("input") if box.get("name") == "ids"}
    assert offered == {str(plain.id)}
    assert page.text.count(f": {here.student.shown_name}") == 5, "each says whom it is about"
    for words in ("It is due the same day.", "The people who made the agreement chose this day.",
                  "Someone was harmed", "It is already closed."):  # fmt: skip
        assert words in page.text
    checked = check(client, [plain, *kept]).get_data(as_text=True)
    sent = moves(checked)
    assert sent.getlist("move") == [f"{plain.id}.1.2026-12-01"]
    # sent all the same, past the page that does not offer them
    for row in kept:
        sent.add("move", f"{row.id}.{row.version}.2026-12-01")
    client.post(f"{CHOOSE}/move", data=sent)
    assert fresh(plain).due_on == TO
    assert {fresh(row).due_on for row in kept} == {TODAY}


def test_every_kind_with_a_page_of_its_own_stays() -> None:
    assert all(why_fixed(kind, False) for kind in RECORDED_ELSEWHERE)
    assert why_fixed("other", False) is None
    assert all(why_fixed(kind, True) for kind in KINDS)


def test_another_schools_is_not_found_and_nothing_moves(here: Scene, client_as: Any) -> None:
    rows, foreign = late(here, 1), late(scene(), 1)
    client = client_as(here.coordinator)
    assert client.get(address([*rows, *foreign])).status_code == 404
    sent = moves(check(client, rows).get_data(as_text=True))
    sent.add("move", f"{foreign[0].id}.1.2026-12-01")
    assert client.post(f"{CHOOSE}/move", data=sent).status_code == 404
    sent["ids"] = str(foreign[0].id)
    assert client.post(CHOOSE, data=sent).status_code == 404
    assert {fresh(rows[0]).due_on, fresh(foreign[0]).due_on} == {date(2026, 11, 16)}
    reporter = make_user(Role.REPORTER, here.school)
    assert client_as(reporter).get(address(rows)).status_code == 404


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"due_on": ""}, "Choose a day."),
        ({"due_on": "2026-11-23"}, "Choose today or a later day."),
        ({"due_on": "2028-11-24"}, "Choose a day within the next year."),
        ({"due_on": "2026-11-28"}, "None of them can move there."),
        ({"reason": None}, "Choose why."),
        ({"ids": None}, "Choose at least one follow-up."),
    ],
)
def test_a_wrong_answer_is_named_and_the_rest_is_kept(
    here: Scene, client_as: Any, values: dict[str, Any], words: str
) -> None:
    rows = late(here, 2)
    refused = check(client_as(here.coordinator), rows, **values)
    text = refused.get_data(as_text=True)
    assert refused.status_code == 400
    assert words in text
    assert text.count('name="ids"') == 2


@pytest.mark.parametrize(
    "sent", [{}, {"move": "x"}, {"move": "1"}, {"move": "1.1.2026-13-01"}, {"move": "-1.1.2026-12-01"}]
)
def test_a_damaged_move_is_refused(here: Scene, client_as: Any, sent: dict[str, str]) -> None:
    client = client_as(here.coordinator)
    token = client.csrf_token("/account")
    assert client.post(f"{CHOOSE}/move", data={"csrf_token": token, "reason": "asked", **sent}).status_code == 400


def test_all_overdue_are_the_oldest_of_ones_own(here: Scene, client_as: Any) -> None:
    late(here, 2)
    late(here, 1, owner_id=make_user(Role.DEAN, here.school).id, title="Not mine")
    here.due(TODAY, kind="other", title="Due today")
    page = client_as(here.coordinator).page(f"{CHOOSE}?all=overdue")
    assert len([box for box in page.find_all("input") if box.get("name") == "ids"]) == 2
    assert "Not mine" not in page.text
    for _number in range(MOST_AT_ONCE):
        here.due(date(2026, 11, 20), kind="other", title="Older")
    assert f"Up to {MOST_AT_ONCE}" in client_as(here.coordinator).page(f"{CHOOSE}?all=overdue").text
