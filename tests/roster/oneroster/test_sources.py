"""A roster comes in once, under one name, whatever its files are called and whichever org sorts first."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.factories.roster import SchoolFactory
from tests.roster.oneroster.bundles import NOW, ORGS, counts, manifest, org, roster, table, take, user, write
from wss_cases.roster.directory.models import ImportRun, School, Student
from wss_cases.roster.import_files import BundleRefused

PEOPLE = [user(n) for n in range(30)]
LATER = NOW + timedelta(days=1)


def number(session: Any) -> tuple[int, int]:
    return (session.scalar(select(func.count(School.id))), session.scalar(select(func.count(Student.id))))


def test_a_new_school_that_sorts_first_makes_no_second_district(session: Any, tmp_path: Path) -> None:
    """Schools without a district are all roots; the first by its id named the feed."""
    take(write(tmp_path, roster(PEOPLE, [org("s1", parent=""), org("s2", parent="")])))
    more = [org("s0", parent=""), org("s1", parent=""), org("s2", parent="")]
    report = take(write(tmp_path, roster([*PEOPLE, user(77, school="s0")], more)), LATER)
    assert (report.source, counts(report, "users")) == ("s1", (1, 0, 30, 0))
    assert number(session) == (3, 31)


def test_a_new_source_beside_a_known_one_stops_until_a_person_confirms_it(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster(PEOPLE)), source="sis")
    before = number(session)
    with pytest.raises(BundleRefused, match=r"d1, a new source in addition to sis.*--source.*--accept-source"):
        take(write(tmp_path, roster(PEOPLE)), LATER)
    assert number(session) == before
    assert counts(take(write(tmp_path, roster(PEOPLE)), LATER, "sis"), "users") == (0, 0, 30, 0)
    others = [org("d2", "district", ""), org("e1", parent="d2", name="Elm Street")]
    other = roster([user(500, school="e1")], others)
    with pytest.raises(BundleRefused, match="d2, a new source"):
        take(write(tmp_path, other), LATER, dry_run=True)
    assert counts(take(write(tmp_path, other), LATER, new_source=True), "users") == (1, 0, 0, 0)
    assert counts(take(write(tmp_path, other), LATER), "users") == (0, 0, 1, 0), "once is enough"
    landed = session.scalars(select(ImportRun.landed).order_by(ImportRun.id)).all()
    assert landed == [True, False, True, True, True], "a dry run is no run"


@pytest.mark.parametrize(
    "there", [{"sourced_id": "s1"}, {"identifier": "4711"}, {"name": "willow street s1"}], ids=["id", "number", "name"]
)
def test_a_school_that_another_source_has_stops(session: Any, tmp_path: Path, there: dict[str, str]) -> None:
    SchoolFactory(**there)
    session.commit()
    orgs = [org("d1", "district", ""), org("s1", identifier="4711")]
    with pytest.raises(BundleRefused, match="are already here from another source"):
        take(write(tmp_path, roster(PEOPLE, orgs)))
    take(write(tmp_path, roster(PEOPLE, orgs)), new_source=True)
    assert counts(take(write(tmp_path, roster([*PEOPLE, user(88)], orgs)), LATER), "users") == (1, 0, 30, 0)


def test_a_new_terms_classes_are_no_shrink_and_people_are(session: Any, tmp_path: Path) -> None:
    def term(name: str, students: int) -> dict[str, str]:
        classes = [{"sourcedId": f"{name}-{n}", "title": "Algebra", "schoolSourcedId": "s1"} for n in range(10)]
        sits = [
            {"sourcedId": f"{name}-{n}", "classSourcedId": f"{name}-{n % 10}", "userSourcedId": f"u{n}"}
            for n in range(students)
        ]
        more = {"schoolSourcedId": "s1", "role": "student"}
        columns = ("sourcedId", "title", "courseSourcedId", "schoolSourcedId", "termSourcedIds")
        return roster(
            PEOPLE[:students],
            classes=table(columns, classes),
            enrollments=table((*sits[0], *more), [{**row, **more} for row in sits]),
        )

    take(write(tmp_path, term("fall", 30)))
    report = take(write(tmp_path, term("spring", 30)), LATER)
    assert (counts(report, "classes"), counts(report, "enrollments")) == ((10, 0, 0, 0), (30, 0, 0, 0))
    assert report.problems == []
    with pytest.raises(BundleRefused, match="10 of the 30") as refused:
        take(write(tmp_path, term("summer", 20)), LATER)
    assert [problem.file for problem in refused.value.problems] == ["users.csv"]


@pytest.mark.parametrize("how", ["bulk", "delta"])
def test_a_feed_that_calls_many_people_gone_stops(session: Any, tmp_path: Path, how: str) -> None:
    take(write(tmp_path, roster(PEOPLE)))

    def left(number: int) -> Path:
        rows = [{**one, "status": "inactive" if n < number else "active"} for n, one in enumerate(PEOPLE)]
        return write(tmp_path, roster(rows, manifest=manifest(users=how, orgs="bulk")))

    with pytest.raises(BundleRefused, match="6 of the 30 rows of the last import are marked as gone"):
        take(left(6), LATER)
    active = select(func.count(Student.id)).where(Student.is_active)
    assert session.scalar(active) == 30
    assert take(left(5), LATER).landed
    assert session.scalar(active) == 25
    assert take(left(12), LATER, shrink=True).landed
    assert session.scalar(active) == 18


def test_a_source_that_was_only_refused_is_not_known(session: Any, tmp_path: Path) -> None:
    with pytest.raises(BundleRefused):
        take(write(tmp_path, {"orgs": table(ORGS, []), "users": roster([])["users"]}), source="wrong")
    assert take(write(tmp_path, roster(PEOPLE))).landed
