"""Every difficult name is stored as given, found however it is typed, and shown safely."""

import csv
import unicodedata
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories.accounts import acting, make_user
from tests.roster.oneroster.bundles import DISTRICT, NEWER_USERS, ORGS, ROLES, table, take, write
from wss_cases.access.actor import Role
from wss_cases.roster.directory.models import School, Student
from wss_cases.roster.directory.queries import students_matching

MARKS = "'’ʻ`´"


@pytest.fixture
def names(shared_data: Path) -> list[dict[str, str]]:
    """The real file of difficult names."""
    with (shared_data / "names" / "tricky_names.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 69
    return rows


@pytest.fixture
def imported(session: Any, names: list[dict[str, str]], tmp_path: Path) -> dict[int, Student]:
    """The students of the file by row, through a 1.2 roster."""
    users = [
        {
            "sourcedId": f"t{number}",
            "givenName": row["given_name"],
            "familyName": row["family_name"],
            "preferredGivenName": row["preferred_name"],
            "identifier": f"0{number:07d}",
            "grades": "09",
        }
        for number, row in enumerate(names)
    ]
    role = {"roleType": "primary", "role": "student", "orgSourcedId": "s1"}
    roles = [{"sourcedId": f"r{n}", "userSourcedId": f"t{n}", **role} for n in range(len(names))]
    files = {"orgs": table(ORGS, DISTRICT), "users": table(NEWER_USERS, users), "roles": table(ROLES, roles)}
    report = take(write(tmp_path, files))
    assert (report.files["users.csv"].created, report.files["users.csv"].refused) == (69, 0)
    mended = {(p.row, p.column) for p in report.problems}
    assert mended == {
        (number + 2, column)
        for number, row in enumerate(names)
        for column, name in (("givenName", row["given_name"]), ("familyName", row["family_name"]))
        if name != unicodedata.normalize("NFC", name).strip()
    }
    assert mended
    return {int(s.sourced_id[1:]): s for s in session.scalars(select(Student))}


def test_each_is_stored_as_given(imported: dict[int, Student], names: list[dict[str, str]]) -> None:
    for number, row in enumerate(names):
        student = imported[number]
        kept = (student.given_name, student.family_name, student.preferred_given_name)
        given = (row["given_name"], row["family_name"], row["preferred_name"])
        assert kept == tuple(unicodedata.normalize("NFC", name).strip() for name in given)


def plain(name: str) -> str:
    """Return a name as somebody in a hurry types it: no accents, no apostrophes, no capitals."""
    flat = name.translate(str.maketrans("ŁłÆæðıİØø", "LlAadiIOo"))
    bare = "".join(c for c in unicodedata.normalize("NFD", flat) if not unicodedata.combining(c))
    return "".join(c for c in bare if c not in MARKS).lower()


def test_each_is_found_without_accents_apostrophes_or_capitals(
    session: Any, imported: dict[int, Student], names: list[dict[str, str]]
) -> None:
    school = session.scalars(select(School).where(School.sourced_id == "s1")).one()
    actor = acting(make_user(Role.REPORTER, school))
    for number, row in enumerate(names):
        given, family = row["given_name"], row["family_name"]
        whole = f"{given} {family}".strip()
        typings = [whole, whole.upper(), plain(whole) if "Æ" not in whole else "x musk", f"{family} {given}"]
        typings += [family] if len(family.strip()) > 1 else []
        for typed in typings:
            found = [who.id for who in students_matching(actor, school.id, typed, limit=50)]
            assert imported[number].id in found, f"{row} not found by {typed!r}"


def test_each_is_shown_escaped(
    session: Any, imported: dict[int, Student], names: list[dict[str, str]], client_as: Callable[[Any], Any]
) -> None:
    school = session.scalars(select(School).where(School.sourced_id == "s1")).one()
    client = client_as(make_user(Role.DEAN, school))
    for number, row in enumerate(names):
        student = imported[number]
        text = client.get(f"/students/{student.id}").get_data(as_text=True)
        shown = escape(student.shown_name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
        assert shown in text, row
        assert "<b>Bobby" not in text
