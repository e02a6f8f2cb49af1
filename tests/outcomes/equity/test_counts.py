"""Equity against a plain count in SQL, its page and files, and the setting of its minimums."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.factories.accounts import make_user
from tests.factories.roster import EnrolmentFactory, SchoolFactory
from tests.outcomes.making.groups import Groups
from tests.outcomes.making.small_district import Made
from tests.outcomes.recount.equity import students_at
from tests.support.pages.client import PageClient
from wss_cases.access.actor import SYSTEM, Actor, Grant, Role
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.journal.models import AuditEntry
from wss_cases.outcomes.counting.scope.queries import enrolled_within
from wss_cases.outcomes.counting.scope.rules import scope_of
from wss_cases.outcomes.equity.queries import (
    FAMILIES,
    POINTS,
    STAGE_LABELS,
    STAGES,
    EquityMinimum,
    count_students,
    minimums_of,
    table_for,
)
from wss_cases.outcomes.equity.rules import settled
from wss_cases.outcomes.equity.suppression import Minimums
from wss_cases.outcomes.exports.report_files import COLLECTIONS
from wss_cases.roster.directory.rules import SchoolDays

ClientAs = Callable[[Any], PageClient]
TODAY = date(2026, 11, 24)
SCOPE = settled(scope_of(None, "2026-27", TODAY), SchoolDays())  # type: ignore[arg-type]


@pytest.mark.both_databases
def test_a_plain_count_agrees_with_every_number(session: Any) -> None:
    made, pick = Made(seed=11, incidents=160), random.Random(2)
    for student in made.students:
        student.race_ethnicity = pick.choice(("black", "white", None))
        student.is_english_learner = pick.choice((True, False))
        student.has_iep, student.has_504 = pick.choice((True, False)), pick.choice((True, False))
    for student in made.students[:6]:  # moved to the other school, and one came back
        EnrolmentFactory(student=student, school_id=made.schools[1].id, starts_on=date(2026, 10, 5))
        EnrolmentFactory(student=student, school_id=made.schools[0].id, starts_on=date(2026, 10, 20))
    db.session.commit()
    assert SCOPE is not None
    for family, (title, labels) in FAMILIES.items():
        counted = count_students(SCOPE, family)
        for stage, words in STAGE_LABELS.items():
            expected = students_at(str(title), str(words))
            shown = {
                (school_id, str(labels[category])): row[stage]
                for school_id, rows in counted.schools().items()
                for category, row in rows.items()
                if row[stage]
            }
            assert shown == expected, (family, stage)
            assert expected or stage in POINTS, stage
        assert len(counted.moved) == 6


@pytest.mark.both_databases
def test_the_pages_and_files_of_a_district_say_what_the_numbers_prove(
    session: Any, at: Any, client_as: ClientAs
) -> None:
    at("2026-11-24 10:00")
    groups, district = Groups(), client_as(make_user(Role.DISTRICT))
    main = district.page("/outcomes/equity?kind=race").find_all("main")[0].text
    came = db.session.scalar(text(
        "select count(*) from incident_person p join student s on s.id = p.student_id where s.race_ethnicity = 'black'"
    ))  # fmt: skip
    assert SCOPE is not None
    black = next(line for line in table_for(SYSTEM, SCOPE, "race").lines if line.categories == ("black",))
    assert black.per_enrolled["incident"].came == came
    assert f"{came} of {black.enrolled}" in main
    assert "More likely (ratio" in main
    assert "Other groups together: " in main
    _pooled_say_too_few(district)
    assert "Within the same school" in main
    assert re.search(r"points [+−]\d+\.\d \([+−]?\d", main) and "−" in main
    assert not re.search(r"-\d+\.\d", main), "a hyphen is no minus"
    assert "Police were notified" in main[main.index("Too few to show") :], "nobody's figure is a zero"
    _files(groups, district, client_as)
    small = client_as(make_user(Role.DEAN, groups.small))
    page = small.page("/outcomes/equity").find_all("main")[0]
    assert "Too few students to compare here" in page.text
    assert not page.find_all("table")
    assert small.get("/outcomes/equity?kind=grade").status_code == 404
    spanish = client_as(make_user(Role.DISTRICT, locale="es")).page("/outcomes/equity").text
    assert "Más probable (razón " in spanish


def test_exact_figures_are_for_the_schools_administrator_and_each_reading_is_audited(
    session: Any, at: Any, client_as: ClientAs
) -> None:
    at("2026-11-24 10:00")
    groups = Groups()
    here = groups.small
    client = client_as(make_user(Role.ADMINISTRATOR, here))
    page = client.page("/outcomes/equity/exact?kind=race")
    assert "not for release" in page.find_all("h1")[0].text
    shown = sum(int(row.find_all("td")[0].text) for row in page.find_all("tbody")[0].find_all("tr"))
    scope = existing(scope_of(here.id, "2026-27", TODAY))
    enrolled = db.session.scalar(enrolled_within(SYSTEM, scope))
    assert shown == enrolled > 0
    entry = db.session.scalars(db.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert entry.action == "page.read" and entry.changes["page"] == "outcomes.equity.exact"
    assert client.get("/outcomes/equity/exact?kind=housing").status_code == 404
    assert not [link for link in page.find_all("a") if "/files/" in link.get("href")]
    elsewhere = client_as(make_user(Role.ADMINISTRATOR, groups.schools[0]))
    assert here.name not in elsewhere.page(f"/outcomes/equity/exact?kind=race&school={here.id}").text


def _pooled_say_too_few(district: PageClient) -> None:
    """Groups that share a row are too few to show, never without difference: signs can cancel in their sum."""
    main = district.page("/outcomes/equity?kind=race").find_all("main")[0]
    pooled = [row for row in main.find_all("tr") if row.text.startswith("Other groups together")]
    assert pooled and all("Too few to show each of these groups" in row.text for row in pooled)
    assert not [row for row in pooled if "difference" in row.text or "likely" in row.text]


def _files(groups: Groups, district: PageClient, client_as: ClientAs) -> None:
    make_user(Role.SYSADMIN)
    reason = {"reason": "For the meeting of the board."}
    answer = district.submit("/outcomes/files/equity.csv?year=2026-27", reason)
    assert answer.mimetype == "text/csv"
    body = answer.get_data(as_text=True)
    assert "Black or African American" in body
    assert ",suppressed," in body
    tiny = client_as(make_user(Role.ADMINISTRATOR, groups.small))
    for name in COLLECTIONS:
        assert tiny.get(f"/outcomes/files/{name}.csv?year=2026-27").status_code == 404, "whole to the last student"
        links = [link.get("href") for link in tiny.page("/outcomes").find_all("a")]
        assert not [one for one in links if f"/files/{name}." in (one or "")]
    rows = tiny.submit("/outcomes/files/equity.csv?year=2026-27", reason).get_data(as_text=True).splitlines()
    assert len(rows) == 1 + len(FAMILIES) * len(STAGES)
    assert all(",suppressed," in row for row in rows[1:])


def test_nobody_reads_another_school_s_table_or_the_district_s(session: Any) -> None:
    own, other = SchoolFactory(), SchoolFactory()
    dean = Actor(1, "Dean", (Grant(Role.DEAN, school_id=own.id),))
    assert SCOPE is not None
    for school_id, readable in ((own.id, True), (other.id, False), (None, False)):
        scope = replace(SCOPE, school_id=school_id)
        if readable:
            assert table_for(dean, scope, "race").lines == ()
        else:
            with pytest.raises(NotFound):
                table_for(dean, scope, "race")


def test_the_current_month_waits_until_it_is_over() -> None:
    assert SCOPE is not None
    assert SCOPE.last == date(2026, 10, 31)
    first_month = scope_of(None, "2026-27", date(2026, 8, 30))
    past = scope_of(None, "2025-26", TODAY)
    assert first_month is not None and past is not None
    assert settled(first_month, SchoolDays()) is None
    # the ten school days after 30 October, a Friday, are over on 13 November, a Friday
    for day, last in ((13, date(2026, 9, 30)), (14, date(2026, 10, 31))):
        scope = scope_of(None, "2026-27", date(2026, 11, day))
        counted = settled(scope, SchoolDays()) if scope else None
        assert counted is not None and counted.last == last
    month = replace(past, year="2026-27", first=date(2026, 8, 1), last=date(2026, 10, 31), today=date(2026, 11, 10))
    october = settled(month, SchoolDays())
    assert october is not None and october.last == date(2026, 9, 30), "the board's report of October, made early"
    assert settled(past, SchoolDays()) == past


def test_the_minimums_change_for_school_years_to_come_alone(session: Any, at: Any, client_as: ClientAs) -> None:
    at("2026-11-24 10:00")
    client = client_as(make_user(Role.DISTRICT))
    address = "/outcomes/equity/minimums"
    for wrong, words in (
        ({"cell": "4"}, "Enter a number from 5 to 100."),
        ({"cell": "20", "group": "10"}, "A group is at least as large as a cell"),
        ({"starts_on": "2026-11-24"}, "a school year that has started keeps its numbers"),
        ({"starts_on": "2029-08-01"}, "Choose a day at most two years ahead."),
    ):
        sent = {"cell": "20", "group": "40", "starts_on": "2027-08-01", **wrong}
        answer = client.submit(address, sent)
        assert answer.status_code == 400
        assert words in answer.text
        assert sent["starts_on"] in answer.text
    assert client.submit(address, {"cell": "20", "group": "40", "starts_on": "2027-08-01"}).status_code == 303
    assert minimums_of("1999-00") == minimums_of("2026-27") == Minimums(10, 30)
    assert minimums_of("2027-28") == Minimums(20, 40)
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "equity.minimums")).one()
    assert (audited.changes["cell"], audited.changes["student_group"]) == ([None, 20], [None, 40])
    assert client.submit(address, {"cell": "9", "group": "40", "starts_on": "2027-08-01"}).status_code == 400
    assert len(list(db.session.scalars(select(EquityMinimum)))) == 2
