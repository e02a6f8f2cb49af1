"""Who a role makes somebody: nobody becomes staff by a word that is only not known."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.roster.oneroster.bundles import DISTRICT, NEWER_USERS, ORGS, ROLES, counts, roster, table, take, user, write
from wss_cases.roster.directory.models import StaffMember, Student
from wss_cases.roster.import_files import Report, role_kind

FORMATS = (
    "administrator", "aide", "proctor", "teacher", "counselor", "districtAdministrator", "principal",
    "siteAdministrator", "systemAdministrator", "faculty", "staff", "professor", "other",
)  # fmt: skip
ADULTS = ("Dean of Students", "Student Teacher", "Parent Liaison", "Lunch Room Attendant", "Bus Aide", "Para", "SLP")
NOT_KNOWN = (
    "stduent", "Studnet", "studant", "sutdents", "gaurdian", "guardien", "parant", "S", "STU", "G", "Wizard", "tutor",
    "Student Aide", "office student", "former student", "12",
)  # fmt: skip


@pytest.mark.parametrize(
    ("roles", "kind"),
    [(FORMATS, "staff"), (ADULTS, "staff"), (NOT_KNOWN, None), (("Learner", "PUPIL"), "student"),
     (("Legal Guardian", "step-mother"), "guardian")],
    ids=["formats", "adults", "not_known", "students", "guardians"],
)  # fmt: skip
def test_a_role_is_plainly_one_of_them_or_not_known(roles: tuple[str, ...], kind: str | None) -> None:
    assert {role: role_kind(role) for role in roles} == dict.fromkeys(roles, kind)


def quoted(report: Report, file: str) -> list[str]:
    return [value for cause in report.as_document()["causes"] if cause["file"] == file for value in cause["values"]]


def people(session: Any) -> tuple[set[str], set[str]]:
    students = session.scalars(select(Student.sourced_id).where(Student.is_active))
    return set(students), set(session.scalars(select(StaffMember.sourced_id).where(StaffMember.is_active)))


def test_a_misspelled_student_is_refused_and_quoted_and_stays_what_they_were(session: Any, tmp_path: Path) -> None:
    odd = [user(1), user(2, "stduent"), user(3, "teacher"), user(4, "Nurse")]
    report = take(write(tmp_path, roster(odd)))
    assert (people(session), counts(report, "users")) == (({"u1"}, {"u3", "u4"}), (3, 0, 0, 1))
    assert quoted(report, "users.csv") == ["stduent"]
    take(write(tmp_path, roster([user(1, "studnet"), *odd[1:]])), refused=60)
    assert people(session)[0] == {"u1"}, "a refused row counts as what it was"


def test_in_version_1_2_they_are_listed_as_people_without_a_role(session: Any, tmp_path: Path) -> None:
    users = [user(1), user(2)]
    roles = [
        {"sourcedId": f"r{n}", "userSourcedId": f"u{n}", "role": role, "orgSourcedId": "s1"}
        for n, role in ((1, "student"), (2, "stduent"))
    ]
    newer = [{name: value for name, value in row.items() if name in NEWER_USERS} for row in users]
    files = {"orgs": table(ORGS, DISTRICT), "users": table(NEWER_USERS, newer), "roles": table(ROLES, roles)}
    report = take(write(tmp_path, files))
    assert (people(session), quoted(report, "roles.csv")) == (({"u1"}, set()), ["stduent"])
    assert report.as_document()["unplaced"]["roleless"]["sourced_ids"] == ["u2"]


def test_a_district_adds_a_word_of_its_own(
    app: Flask, session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ROSTER_STAFF_ROLES", "EMP, Wizard")
    take(write(tmp_path, roster([user(1, "wizard"), user(2, "emp"), user(3)])))
    assert people(session) == ({"u3"}, {"u1", "u2"})
