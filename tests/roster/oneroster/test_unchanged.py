"""A bundle that is the last one byte for byte is not read again, unless something it stands for has changed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update

from tests.roster.oneroster.bundles import DEMOGRAPHICS, NOW, counts, org, roster, table, take, user, write
from tests.roster.oneroster.test_import import everything, one
from wss_cases.foundation.db import Base, table_of
from wss_cases.roster.directory.models import Enrolment, Guardian, School, Student, StudentGuardian

FACTS = table(DEMOGRAPHICS, [{"sourcedId": "u1", "birthDate": "2011-02-28", "sex": "female"}])
PEOPLE = [user(1, agentSourcedIds="u3"), user(2), user(3, role="parent"), user(4, role="teacher")]


@pytest.fixture
def folder(session: Any, tmp_path: Path) -> Path:
    """A roster that has been taken in once."""
    folder = write(tmp_path / "roster", roster(PEOPLE, demographics=FACTS))
    assert take(folder).problems == []
    return folder


def was_read(session: Any, act: Callable[[], Any]) -> bool:
    """Whether an act looked up what is remembered of single rows."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", hear)
    assert said
    return any("imported_row" in statement and "sourced_id" in statement for statement in said)


def test_the_same_bundle_is_counted_and_not_read(session: Any, folder: Path) -> None:
    before = everything(session)
    assert not was_read(session, lambda: take(folder, NOW + timedelta(days=1)))
    report = take(folder, NOW + timedelta(days=2))
    assert (counts(report, "orgs"), counts(report, "users")) == ((0, 0, 3, 0), (0, 0, 4, 0))
    assert counts(report, "demographics") == (0, 0, 1, 0)
    assert (report.problems, report.landed) == ([], True)
    assert everything(session) == before


def test_one_byte_more_is_read(session: Any, folder: Path) -> None:
    users = (folder / "users.csv").read_text(encoding="utf-8")
    (folder / "users.csv").write_text(f"{users}\n", encoding="utf-8")
    assert was_read(session, lambda: take(folder))


def test_a_bundle_with_a_refused_row_is_read_again(session: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "roster", roster([user(1), user(2, role="")]))
    take(folder)
    again = take(folder)
    assert counts(again, "users") == (0, 0, 1, 1)
    assert [problem.column for problem in again.problems] == ["role"]


def test_another_bundle_between_makes_it_new(session: Any, folder: Path, tmp_path: Path) -> None:
    take(write(tmp_path / "other", roster([*PEOPLE, user(5)], demographics=FACTS)))
    report = take(folder, shrink=True)
    assert {problem.file for problem in report.problems} == {"users.csv"}
    assert not one(session, Student, "u5").is_active


def renamed(session: Any) -> None:
    school = session.scalars(select(School).where(School.sourced_id == "s1")).one()
    school.name = "Typed by hand"
    session.commit()


def moved(session: Any) -> None:
    student = session.scalars(select(Student).where(Student.sourced_id == "u1")).one()
    student.given_name = "Typed by hand"
    session.commit()


def without(model: type[Base], column: str) -> Callable[[Any], None]:
    """Return an act that deletes what one table holds of the first student."""

    def act(session: Any) -> None:
        student_id = session.scalar(select(Student.id).where(Student.sourced_id == "u1"))
        session.execute(delete(table_of(model)).where(table_of(model).c[column] == student_id))
        session.commit()

    return act


def without_guardian(session: Any) -> None:
    guardian = select(Guardian.id).where(Guardian.sourced_id == "u3").scalar_subquery()
    session.execute(delete(table_of(StudentGuardian)).where(StudentGuardian.guardian_id == guardian))
    session.execute(delete(table_of(Guardian)).where(Guardian.sourced_id == "u3"))
    session.commit()


@pytest.mark.parametrize(
    "act", [renamed, moved, without(Enrolment, "student_id"), without(StudentGuardian, "student_id"), without_guardian]
)
def test_what_was_changed_since_is_brought_back(session: Any, folder: Path, act: Callable[[Any], None]) -> None:
    def shown() -> dict[str, Any]:
        leaving = {"id", "version", "student_id", "guardian_id", "starts_on"}
        return {
            name: sorted(
                repr({key: value for key, value in row._mapping.items() if key not in leaving}) for row in rows
            )
            for name, rows in everything(session).items()
        }

    before = shown()
    act(session)
    assert shown() != before
    assert take(folder).problems == []
    assert shown() == before


def test_a_release_that_reads_otherwise_reads_again(session: Any, folder: Path) -> None:
    run = Base.metadata.tables["import_run"]
    report = session.scalar(select(run.c.report))
    session.execute(update(run).values(report={**report, "bundle": "of another release"}))
    session.commit()
    assert was_read(session, lambda: take(folder))


def test_each_source_has_its_own_memory(session: Any, folder: Path) -> None:
    report = take(folder, source="elsewhere", new_source=True)
    assert counts(report, "users") == (4, 0, 0, 0)
    take(write(folder, roster([user(9)], [org("s9", parent="")])), source="third", new_source=True)
    assert not was_read(session, lambda: take(write(folder, roster(PEOPLE, demographics=FACTS))))
