"""Practice: what was held by kind, month and tier, keepers, requests and what people said; the file says the same."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from tests.factories.accounts import make_user
from tests.factories.roster import SchoolFactory
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.practice.log import Leader, PracticeEntry, PracticeKind
from wss_cases.practice.requests.models import Became, CircleRequest, RequestLink, Wish
from wss_cases.training.records.models import TrainingRecord
from wss_cases.training.topics import KnownTopic

TODAY = date(2026, 11, 24)


@pytest.fixture
def school(session: Any, at: Any) -> Any:
    """A school with two circles of this year, one that was withdrawn, three requests, two keepers, one of them not for
    long; and another school that has the same."""
    at("2026-11-24 10:00")
    for here in (made := [SchoolFactory(), SchoolFactory()]):
        _held(here, PracticeKind.COMMUNITY, 22, 30, TODAY)
        _held(here, PracticeKind.PEACE_ROOM, 1, 15, date(2026, 10, 5))
        _held(here, PracticeKind.STAFF, 9, 60, TODAY, taken_back_at=clock.now())
        _held(here, PracticeKind.CHAT, 4, 60, date(2026, 5, 4))
        _asked(here)
        for runs_out in (TODAY + timedelta(days=30), None, TODAY - timedelta(days=1)):
            _trained(here, runs_out)
    db.session.commit()
    return made[0]


def _held(school: Any, kind: PracticeKind, students: int, minutes: int, day: date, **more: Any) -> None:
    db.session.add(
        PracticeEntry(
            school_id=school.id, held_on=day, kind=kind, leader=Leader.OUTSIDE, students=students, adults=1,
            minutes=minutes, logged_by_id=make_user(Role.REPORTER, school).id, logged_at=clock.now(), **more,
        )
    )  # fmt: skip


def _asked(school: Any) -> None:
    by, now = make_user(Role.COORDINATOR, school).id, clock.now()
    link = RequestLink(school_id=school.id, code=f"code-{school.id}", made_at=now, made_by_id=by)
    db.session.add(link)
    db.session.flush()
    for number, answer in enumerate(({}, {}, {"became": Became.TALK, "answered_at": now, "answered_by_id": by})):
        db.session.add(
            CircleRequest(
                school_id=school.id, link_id=link.id, form_key=f"{school.id}-{number}", asked_at=now, wish=Wish.UNSURE,
                in_danger=number == 0, **answer,
            )
        )  # fmt: skip


def _trained(school: Any, valid_until: date | None) -> None:
    db.session.add(
        TrainingRecord(
            school_id=school.id, user_id=make_user(Role.COORDINATOR, school).id, topic=KnownTopic.CIRCLE_KEEPING,
            completed_on=date(2025, 9, 1), valid_until=valid_until, recorded_at=clock.now(),
        )
    )  # fmt: skip


def cells(page: Element) -> dict[str, list[str]]:
    """Every row of every table by its label."""
    rows = [row for body in page.find_all("tbody") for row in body.find_all("tr")]
    return {row.find_all("th")[0].text: [cell.text for cell in row.find_all("td")] for row in rows}


def test_what_was_held_stands_by_kind_month_and_tier(school: Any, client_as: Any) -> None:
    page = client_as(make_user(Role.COORDINATOR, school)).page("/outcomes/practice")
    found = cells(page)
    assert "not published" in page.text and "no one’s target" in page.text
    assert found["Community circle"] == ["1", "22", "1", "0.5"]
    assert found["Peace room visit"] == ["1", "1", "1", "0.2"]
    assert found["Staff circle"] == found["Restorative chat"] == ["0", "0", "0", "0"]
    assert (found["October 2026"], found["November 2026 (not over)"]) == (["1", "0"], ["1", "0"])
    assert (found["Tier 1"], found["Tier 2"]) == (["1", "0"], ["1", "0"])
    assert "May 2026" not in found
    earlier = cells(client_as(make_user(Role.COORDINATOR, school)).page("/outcomes/practice?year=2025-26"))
    assert earlier["Restorative chat"] == ["1", "4", "1", "1"]


def test_of_what_there_was_nothing_there_is_no_table(session: Any, at: Any, client_as: Any) -> None:
    at("2026-11-24 10:00")
    page = client_as(make_user(Role.COORDINATOR, SchoolFactory())).page("/outcomes/practice")
    assert not page.find_all("tbody")
    here = SchoolFactory()
    _asked(here)
    db.session.commit()
    found = cells(client_as(make_user(Role.COORDINATOR, here)).page("/outcomes/practice"))
    assert set(found) == {str(one.label) for one in Became}


def test_keepers_requests_and_answers_stand_beside(school: Any, client_as: Any) -> None:
    page = client_as(make_user(Role.ADMINISTRATOR, school)).page("/outcomes/practice")
    figures = {one.find_all("p")[0].text: one.text for one in page.find_all("div") if "figure-card" in one.get("class")}
    assert figures["Trained circle keepers"] == "Trained circle keepers 2 1 training expires within 60 days"
    assert figures["Requests waiting"] == "Requests waiting 2 1 reports danger"
    assert cells(page)[str(Became.TALK.label)] == ["1"]
    assert "Too few answers to show" in page.text


def test_the_file_says_what_the_page_says_and_its_reason_is_kept(school: Any, client_as: Any) -> None:
    make_user(Role.ADMINISTRATOR, school)  # who is told of it
    coordinator = client_as(make_user(Role.COORDINATOR, school))
    assert "reason" in coordinator.form("/outcomes/practice/file.csv").names
    answer = coordinator.submit("/outcomes/practice/file.csv", {"reason": "For the school's council in December."})
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["school", "network", "table", "row", "what", "number"]
    assert {tuple(row[:2]) for row in rows[1:]} == {(school.name, school.network or "")}
    told = [row[2:] for row in rows]
    assert ["By kind", "Community circle", "Students", "22"] in told
    assert ["keepers", "trained", "", "2"] in told and ["requests", "waiting", "", "2"] in told
    assert coordinator.get("/outcomes/practice/file.xlsx").status_code == 200
    assert coordinator.get("/outcomes/practice/file.pdf").status_code == 404


def test_the_district_reads_all_schools(school: Any, client_as: Any) -> None:
    found = cells(client_as(make_user(Role.DISTRICT)).page("/outcomes/practice"))
    assert found["Community circle"] == ["2", "44", "2", "1"]
