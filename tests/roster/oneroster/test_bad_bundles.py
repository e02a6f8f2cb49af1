"""Input that cannot be read is refused plainly, and nothing lands."""

import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.roster.oneroster.bundles import (
    DISTRICT,
    ORGS,
    USERS,
    counts,
    manifest,
    org,
    roster,
    table,
    take,
    user,
    write,
    zipped,
)
from wss_cases.roster.directory.models import ImportedRow, ImportRun, School
from wss_cases.roster.import_files import BundleRefused

SOUND = roster([user(1), user(2)])
HEADER = ",".join(USERS)


def refused(session: Any, path: Path, **options: Any) -> str:
    """Return what an import is refused with, in one string; nothing may have landed."""
    with pytest.raises(BundleRefused) as caught:
        take(path, **options)
    assert session.scalar(select(func.count(ImportedRow.id))) == 0
    assert session.scalars(select(ImportRun.landed)).all()[-1] is False
    return " / ".join(f"{p.file} {p.row} {p.column}: {p.message}" for p in caught.value.problems)


@pytest.mark.parametrize(
    ("users", "words"),
    [
        (b"", "no header"),
        (b"\n\n", "no header"),
        (SOUND["users"].encode("utf-16"), "UTF-16"),
        (HEADER.encode() + b'\r\nu1,,,true,s1,student,"never closed,,a,b\r\n', "quotation mark"),
        (HEADER.encode() + b"\r\n" + b"x" * 200_000 + b"\r\n", "too long"),
        (HEADER.encode() + b"\r\nu1,,,true,s1,student,n,,Jos\xe9,Pe\xf1a\r\n", "not UTF-8"),
        (HEADER.replace("sms", "email").encode() + b"\r\n", "email: The column is in the header twice"),
        (HEADER.replace("familyName", "surname").encode() + b"\r\n", "familyName: The required column"),
        (HEADER.replace("userIds", "userId").encode() + b"\r\n", "userId: This is OneRoster 1.0"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_whole(session: Any, tmp_path: Path, users: bytes, words: str) -> None:
    assert words in refused(session, write(tmp_path, {**SOUND, "users": users}))


def test_a_byte_order_mark_is_no_obstacle(session: Any, tmp_path: Path) -> None:
    files = {name: text.encode("utf-8-sig") for name, text in SOUND.items()}
    assert counts(take(write(tmp_path, files)), "users") == (2, 0, 0, 0)


def test_a_row_of_the_wrong_width_or_with_a_nul_is_refused_alone(session: Any, tmp_path: Path) -> None:
    blanks = "," * (len(USERS) - 1)
    text = SOUND["users"] + f"u3,too,short\r\nu4{blanks},,\r\nu5{blanks},x\r\nu\x006{blanks}\r\n"
    report = take(write(tmp_path, {**SOUND, "users": text}), refused=80)
    assert counts(report, "users") == (2, 0, 0, 4)
    found = [(p.row, p.column) for p in report.problems]
    assert found == [(4, None), (5, "givenName"), (6, None), (7, "sourcedId")]


def test_a_roster_without_rows_is_refused(session: Any, tmp_path: Path) -> None:
    empty = {"orgs": table(ORGS, []), "users": table(USERS, [])}
    assert "empty" in refused(session, write(tmp_path, empty), source="d1")


def test_a_folder_or_file_that_is_no_roster_is_refused(session: Any, tmp_path: Path) -> None:
    assert "no roster file" in refused(session, write(tmp_path / "a", {"notes": "x"}))
    (tmp_path / "roster.txt").write_text("hello", encoding="utf-8")
    assert "neither a folder nor a zip" in refused(session, tmp_path / "roster.txt")


def test_a_zip_that_leads_outside_itself_is_refused(session: Any, tmp_path: Path) -> None:
    for name in ("../users.csv", "/etc/users.csv", "a\\..\\..\\users.csv", "C:/users.csv"):
        assert "outside itself" in refused(session, zipped(tmp_path / "z.zip", {name: SOUND["users"]}))


def test_a_zip_bomb_is_refused_unread(session: Any, tmp_path: Path) -> None:
    bomb = zipped(tmp_path / "z.zip", {**SOUND, "users": b"0" * 60_000_000})
    assert "suspicious size" in refused(session, bomb)


def test_a_damaged_zip_is_refused(session: Any, tmp_path: Path) -> None:
    path = zipped(tmp_path / "z.zip", SOUND)
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("users.csv").header_offset
    content = bytearray(path.read_bytes())
    content[start + 60 : start + 90] = b"\xff" * 30
    path.write_bytes(content)
    assert "damaged" in refused(session, path)
    path.write_bytes(path.read_bytes()[:200])
    assert "neither a folder nor a zip" in refused(session, path)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (manifest("1.0"), "1.1 and 1.2 can be imported"),
        (manifest("2.0"), "1.1 and 1.2 can be imported"),
        (manifest(users="sometimes"), "bulk, delta or absent"),
        (manifest(enrollments="bulk"), "the file is not there"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(session: Any, tmp_path: Path, said: str, words: str) -> None:
    assert words in refused(session, write(tmp_path, {**SOUND, "manifest": said}))


def test_a_file_that_the_manifest_calls_absent_is_left_alone(session: Any, tmp_path: Path) -> None:
    report = take(write(tmp_path, {**SOUND, "manifest": manifest(users="absent", orgs="bulk")}))
    assert list(report.files) == ["orgs.csv"]


def test_a_roster_without_orgs_must_be_named(session: Any, tmp_path: Path) -> None:
    assert "--source" in refused(session, write(tmp_path, {"users": SOUND["users"]}))


def test_ids_are_text_and_orgs_may_hang_in_a_circle(session: Any, tmp_path: Path) -> None:
    orgs = [*DISTRICT, org("007"), org("7"), org("a", "local", "b"), org("b", "local", "a")]
    report = take(write(tmp_path, {"orgs": table(ORGS, orgs)}))
    assert counts(report, "orgs") == (7, 0, 0, 0)
    assert {"007", "7"} <= set(session.scalars(select(School.sourced_id)))


def test_a_header_or_line_beyond_all_bounds_is_refused_at_once(session: Any, tmp_path: Path) -> None:
    """100,000 columns took 100 seconds: each was looked for among all others."""
    began = time.process_time()
    wide = ",".join(f"c{n}" for n in range(100_000))
    for users, words in ((wide, "500 are allowed"), ("x" * 50 + "," * 1_000_000, "longer than any in a roster")):
        with pytest.raises(BundleRefused) as refused:
            take(write(tmp_path, {"users": users}))
        assert words in refused.value.problems[0].message
    assert time.process_time() - began < 5
