"""Rosters of our own making, each with one trap of those that real ones have; `python -m tests.roster.oneroster` tells
what becomes of each."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests.factories.roster import SchoolFactory
from tests.roster.oneroster.bundles import DEMOGRAPHICS, NEWER_USERS, ORGS, ROLES, USERS, org, table, user, write
from wss_cases.foundation.db import db
from wss_cases.roster.directory.models import School, StaffMember, Student

STUDENTS, STAFF = 20, 4
Files = dict[str, Any]
Change = Callable[[Files], None]
SESSIONS = ("sourcedId", "title", "type", "startDate", "endDate")


def base() -> Files:
    """A sound roster by file: (columns, rows), or bytes once a trap wrote them itself."""
    people = [user(n, identifier=str(9000 + n)) for n in range(STUDENTS)]
    people += [user(100 + n, "teacher", "s2", grades="") for n in range(STAFF)]
    born = [{"sourcedId": f"u{n}", "birthDate": f"2011-02-{n + 1:02}", "sex": "female"} for n in range(STUDENTS)]
    return {
        "orgs": (ORGS, [dict(org("d1", "district", "")), dict(org("s1")), dict(org("s2"))]),
        "users": (USERS, [dict(person) for person in people]),
        "demographics": (DEMOGRAPHICS, born),
    }


def put(file: str, column: str, *values: str) -> Change:
    """Put values into the first rows of a column."""

    def change(files: Files) -> None:
        for row, value in zip(files[file][1], values, strict=False):
            row[column] = value

    return change


def born(*values: str) -> Change:
    return put("demographics", "birthDate", *values)


def as_bytes(file: str, write_it: Callable[[str], bytes]) -> Change:
    """Write a file in another way than it should be."""

    def change(files: Files) -> None:
        files[file] = write_it(table(*files[file]))

    return change


def alone(*names: str) -> Change:
    """Leave nothing but files of these names."""

    def change(files: Files) -> None:
        files.clear()
        files.update(dict.fromkeys(names, b"SIS ID,Name\r\n1,Willow\r\n"))

    return change


def newer(files: Files) -> None:
    """The same people in version 1.2, one of them in no row of roles."""
    people = files["users"][1]
    roles = [
        {"sourcedId": f"r{n}", "userSourcedId": p["sourcedId"], "role": p["role"], "orgSourcedId": p["orgSourcedIds"]}
        for n, p in enumerate(people[1:])
    ]
    files["users"] = (NEWER_USERS, [{name: p[name] for name in p if name in NEWER_USERS} for p in people])
    files["roles"] = (ROLES, roles)


def newest(column: str, value: str) -> Change:
    """The same in version 1.2 with everybody in a row of roles, and one odd cell in it."""

    def change(files: Files) -> None:
        files["users"][1].insert(0, user(99))
        newer(files)
        del files["users"][1][0]
        files["roles"][1][0][column] = value

    return change


def first_version(files: Files) -> None:
    columns, rows = files["users"]
    files["users"] = (("userId", *columns), rows)


def more(**files: Any) -> Change:
    return lambda there: there.update(files)


def terms(files: Files) -> None:
    row = {"sourcedId": "t1", "title": "Fall", "type": "term", "startDate": "2026-08-24", "endDate": "2026-01-22"}
    files["academicSessions"] = (SESSIONS, [row])


def twice(files: Files) -> None:
    files["users"][1].append(user(1, givenName="Again"))


def nameless(files: Files) -> None:
    put("users", "givenName", "")(files)
    put("users", "familyName", "")(files)


def sds_without_names(files: Files) -> None:
    files["users"] = (("sourcedId", "username", "givenName"), [{"sourcedId": "u1", "username": "u", "givenName": "A"}])


def semicolons(text: str) -> bytes:
    return text.replace(",", ";").encode()


def schools(session: Any) -> Any:
    return session.scalar(select(func.count(School.id)).where(School.source == "d1"))


def students(column: Any) -> Callable[[Any], Any]:
    order = func.length(Student.sourced_id), Student.sourced_id
    return lambda session: session.scalars(select(column).where(Student.source == "d1").order_by(*order)).all()[:7]


def roles_of_staff(session: Any) -> Any:
    return set(session.scalars(select(StaffMember.role)))


BLANK_HEADER = b",".join([*(name.encode() for name in USERS), b"", b""])
"""Two columns without a name, which some spreadsheets write after the last one."""
ODD_CELLS: dict[str, tuple[Change, dict[str, int], Callable[[Any], Any] | None, Any]] = {
    "grades_that_are_known": (
        put("users", "grades", "PK3", "PK4", "TK", "EE", "9th", "UG", "KG"),
        {}, students(Student.grade), [-1, -1, 0, -1, 9, None, 0],
    ),
    "a_grade_that_is_not": (
        put("users", "grades", "Wizard"), {"users.csv": 1}, students(Student.grade), [None, *[9] * 6],
    ),
    "a_range_of_grades": (put("users", "grades", "1-2"), {"users.csv": 1}, students(Student.grade), [None, *[9] * 6]),
    "sexes_that_are_known": (
        put("demographics", "sex", "X", "N", "U", "M"),
        {}, students(Student.sex), ["other", "other", None, "male", *["female"] * 3],
    ),
    "a_sex_that_is_not": (put("demographics", "sex", "q7"), {"demographics.csv": 1}, None, None),
    "a_column_of_month_first": (
        born(*(f"2/{n + 1}/2011" for n in range(STUDENTS))),
        {}, students(Student.birth_date), [date(2011, 2, n + 1) for n in range(7)],
    ),
    "one_month_first_among_others": (
        born("2/28/2011"),
        {"demographics.csv": 1}, students(Student.birth_date), [None, *(date(2011, 2, n + 1) for n in range(1, 7))],
    ),
    "a_column_of_day_first": (
        born(*(f"{n + 1}/2/2011" for n in range(STUDENTS))),
        {"demographics.csv": STUDENTS}, students(Student.birth_date), [None] * 7,
    ),
    "a_word_among_month_first": (
        born("unknown", *(f"2/{n + 1}/2011" for n in range(1, STUDENTS))),
        {"demographics.csv": 1}, students(Student.birth_date), [None, *(date(2011, 2, n + 1) for n in range(1, 7))],
    ),
    "a_day_that_does_not_exist": (born("2011-02-30"), {"demographics.csv": 1}, None, None),
    "a_year_to_come": (born("9999-01-01"), {"demographics.csv": 1}, None, None),
    "a_role_of_the_district_itself": (
        lambda files: files["users"][1].append(user(200, "Dean of Students", "s2")),
        {}, roles_of_staff, {"teacher", "Dean of Students"},
    ),
    "types_of_schools": (put("orgs", "type", "district", "elementarySchool", "High School"), {}, schools, 2),
    "a_status_that_is_not_known": (put("users", "status", "enrolled"), {"users.csv": 1}, None, None),
    "a_control_character_in_a_name": (
        put("users", "familyName", "Haz\x07el"),
        {"users.csv": 1}, students(Student.family_name), ["", *["Hazelton"] * 6],
    ),
    "a_name_that_is_too_long": (put("users", "familyName", "x" * 201), {"users.csv": 1}, None, None),
    "a_school_without_a_name": (put("orgs", "name", "D", ""), {"orgs.csv": 1}, schools, 2),
    "a_term_that_ends_before_it_begins": (terms, {"academicSessions.csv": 1}, None, None),
    "header_cells_without_a_name": (
        as_bytes("users", lambda text: b"\r\n".join([BLANK_HEADER, *text.encode().split(b"\r\n")[1:]])), {}, None, None,
    ),
    "files_that_nobody_reads": (more(results=b"\xff\x00junk", notes=b""), {}, None, None),
    "a_role_until_a_day_that_does_not_exist": (newest("endDate", "2020-02-30"), {"roles.csv": 1}, None, None),
}  # fmt: skip
REFUSED: dict[str, tuple[Change, str, int]] = {
    "no_id": (put("users", "sourcedId", ""), "users.csv", 1),
    "an_id_with_a_character_that_cannot_be_stored": (put("users", "sourcedId", "u\x000"), "users.csv", 1),
    "the_same_person_twice": (twice, "users.csv", 1),
    "no_name_at_all": (nameless, "users.csv", 1),
    "no_role": (put("users", "role", ""), "users.csv", 1),
    "a_row_of_another_width": (as_bytes("users", lambda text: f"{text}u77,too,short\r\n".encode()), "users.csv", 1),
    "facts_about_nobody": (put("demographics", "sourcedId", "u777"), "demographics.csv", 1),
}
UNPLACED: dict[str, tuple[Change, dict[str, list[str]]]] = {
    "a_student_of_a_school_that_is_not_there": (put("users", "orgSourcedIds", "s9"), {"students": ["u0"]}),
    "a_student_of_no_school": (put("users", "orgSourcedIds", ""), {"students": ["u0"]}),
    "staff_of_the_district": (put("users", "orgSourcedIds", *["s1"] * STUDENTS, "d1"), {"staff": ["u100"]}),
    "a_type_of_org_that_is_not_known": (
        put("orgs", "type", "district", "school", "planet"), {"staff": [f"u{100 + n}" for n in range(STAFF)]},
    ),
    "a_school_without_a_district": (put("orgs", "parentSourcedId", "", "", "d1"), {"schools": ["s1"]}),
    "somebody_of_whom_nobody_says_what_they_are": (newer, {"roleless": ["u0"]}),
}  # fmt: skip
STOPPED: dict[str, tuple[Change, int, str]] = {
    "semicolons": (as_bytes("users", semicolons), 1, "semicolons"),
    "tabs": (as_bytes("orgs", lambda text: text.replace(",", "\t").encode()), 1, "tabs"),
    "utf_16": (as_bytes("users", lambda text: text.encode("utf-16")), 1, "UTF-16"),
    "utf_16_without_a_mark": (as_bytes("users", lambda text: text.encode("utf-16-le")), 1, "UTF-16"),
    "windows_1252": (as_bytes("users", lambda text: text.replace("Given1,", "Jos\xe9,").encode("cp1252")), 1, "1252"),
    "oneroster_1_0": (first_version, 1, "OneRoster 1.0"),
    "sds_1": (alone("School", "Section", "Student", "StudentEnrollment"), 1, "School Data Sync version 1"),
    "clever": (alone("schools", "students", "sections"), 1, "Clever"),
    "sds_2_without_a_needed_column": (sds_without_names, 1, "School Data Sync 2"),
    "a_quarter_refused": (put("users", "sourcedId", *[""] * 6), 3, "6 of 24 rows are refused, more than 5 %"),
}


CLASSES = ("sourcedId", "title", "courseSourcedId", "schoolSourcedId", "termSourcedIds")
FLAGS = ("userSourcedId", "flag")


@dataclass(frozen=True)
class Later:
    """A roster that is odd beside what came `before`, or needs a setting: how its import ends, and with which words."""

    change: Change
    status: int = 0
    words: str = ""
    before: tuple[Change, tuple[str, ...]] | None = None
    options: tuple[str, ...] = ()
    supports: str = ""
    school: str = ""
    """A school with this number that was made by hand."""
    supplement: str = ""
    """A file of supports by student number that comes after the roster."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)


def sound(_files: Files) -> None:
    """A roster without a trap."""


def classes(term: str) -> Change:
    rows = [{"sourcedId": f"{term}-{n}", "title": "Algebra", "schoolSourcedId": "s1"} for n in range(9)]
    return more(classes=(CLASSES, rows))


def other_district(files: Files) -> None:
    files["orgs"] = (ORGS, [dict(org("d2", "district", "")), dict(org("e1", parent="d2", name="Elm Street"))])
    put("users", "orgSourcedIds", *["e1"] * (STUDENTS + STAFF))(files)


def cut(number: int) -> Change:
    def change(files: Files) -> None:
        del files["users"][1][number:]
        del files["demographics"][1][number:]

    return change


def with_supports(*cells: str) -> Change:
    def change(files: Files) -> None:
        columns, rows = files["users"]
        files["users"] = ((*columns, "metadata.iep"), rows)
        put("users", "metadata.iep", *cells)(files)

    return change


def numbered(files: Files) -> None:
    put("orgs", "identifier", "", "610001")(files)


def data_sync(files: Files) -> None:
    """The same people in the files of School Data Sync 2.1, two of them with a flag."""
    orgs, people = files["orgs"][1], files["users"][1]
    names = ("sourcedId", "name", "type", "parentSourcedId")
    files["orgs"] = (names, [{name: one.get(name, "") for name in names} for one in orgs])
    roles = [{"userSourcedId": p["sourcedId"], "orgSourcedId": p["orgSourcedIds"], "role": p["role"]} for p in people]
    names = ("sourcedId", "givenName", "familyName")
    files["users"] = (names, [{name: one[name] for name in names} for one in people])
    files["roles"] = (("userSourcedId", "orgSourcedId", "role"), roles)
    files["userFlags"] = (FLAGS, [{"userSourcedId": f"u{n}", "flag": "iep"} for n in range(2)])
    del files["demographics"]


LATER: dict[str, Later] = {
    "a_source_beside_a_known_one": Later(
        other_district, 1, "a new source in addition to sis", (sound, ("--source", "sis"))
    ),
    "the_same_once_a_person_said_so": Later(
        other_district, 0, "", (sound, ("--source", "sis")), ("--accept-source",)
    ),
    "a_school_that_another_source_has": Later(numbered, 1, "already here from another source", school="610001"),
    "half_of_the_people_missing": Later(cut(12), 1, "are missing", (sound, ())),
    "a_new_terms_classes": Later(classes("spring"), 0, "", (classes("fall"), ())),
    "supports_in_columns_that_a_mapping_names": Later(
        with_supports("Y", "no", "", "perhaps"), supports="iep=metadata.iep", unknown={"users.csv": 1}
    ),
    "supports_in_columns_that_nobody_named": Later(with_supports("Y", "no", "", "perhaps")),
    "sds_2_with_flags": Later(data_sync),
    "a_file_of_supports_with_an_odd_cell_and_a_stranger": Later(
        sound, supplement="student_number,iep\n9000,yes\n9001,maybe\n7777,yes\n", unknown={"supports.csv": 1},
        refused={"supports.csv": 1},
    ),
}  # fmt: skip


def written(folder: Path, change: Change) -> Path:
    """Write a roster with a change into a folder."""
    files = base()
    change(files)
    return write(folder, {n: made if isinstance(made, bytes) else table(*made) for n, made in files.items()})


def run(app: Flask, folder: Path, *options: str) -> tuple[int, Any]:
    """Take a roster in as the operator does, in this process."""
    done = app.test_cli_runner().invoke(args=["import", "oneroster", str(folder), "--json", *options])
    return done.exit_code, json.loads(done.stdout)


def run_later(app: Flask, folder: Path, odd: Later) -> tuple[int, Any]:
    """Take in what came before a roster, then the roster itself."""
    if odd.school:
        SchoolFactory(identifier=odd.school)
        db.session.commit()
    if odd.before:
        change, options = odd.before
        assert run(app, written(folder, change), *options)[0] == 0
    before, app.config["ROSTER_SUPPORTS"] = app.config["ROSTER_SUPPORTS"], odd.supports
    try:
        found = run(app, written(folder, odd.change), *odd.options)
        if odd.supplement:
            file = folder.with_name("supports.csv")
            file.write_text(odd.supplement, encoding="utf-8")
            done = app.test_cli_runner().invoke(args=["import", "supports", str(file), "--json"])
            found = done.exit_code, json.loads(done.stdout)
        return found
    finally:
        app.config["ROSTER_SUPPORTS"] = before
