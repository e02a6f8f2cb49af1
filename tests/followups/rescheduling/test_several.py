"""Moving several follow-ups at once: checked before, one unit of work, what somebody changed meanwhile is left."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from tests.factories.accounts import make_user
from tests.factories.base import fresh
from tests.mail.making import Scene, scene
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.followups.core.models import FollowUp, FollowUpState
from wss_cases.followups.core.states import KINDS, RECORDED_ELSEWHERE
from wss_cases.followups.undo import MOST_AT_ONCE, SPREAD, spread, why_fixed
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.roster.directory.rules import DayKind, SchoolDays

TODAY = date(2026, 11, 24)
CHOOSE = "/follow-ups/re-plan"
TO = date(2026, 12, 1)


@pytest.fixture
def here(session: Any, at: Any) -> Scene:
    at("2026-11-24 10:00")
    return scene()


def late(here: Scene, count: int = 3, **more: Any) -> list[FollowUp]:
    values = {"kind": "other", "title": "Ask the coach"} | more
    return [here.due(date(2026, 11, 16) + timedelta(days=n), **values) for n in range(count)]


def address(rows: list[FollowUp]) -> str:
    return f"{CHOOSE}?" + "&".join(f"id={row.id}" for row in rows)


def check(client: PageClient, rows: list[FollowUp], **values: Any) -> Any:
    chosen = {"how": "one", "due_on": TO.isoformat(), "reason": "no_time"} | values
    return client.submit(address(rows), chosen, holding="how")


def moves(text: str) -> MultiDict[str, str]:
    """What the check page's form sends."""
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
