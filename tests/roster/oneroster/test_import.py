"""What an import makes, changes, ends and refuses."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.roster.oneroster.bundles import (
    DEMOGRAPHICS,
    DISTRICT,
    NEWER_USERS,
    NOW,
    ORGS,
    ROLES,
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
from wss_cases.foundation.db import Base
from wss_cases.journal.models import AuditEntry
from wss_cases.roster.directory.models import Enrolment, Guardian, School, StaffMember, Student, StudentGuardian
from wss_cases.roster.import_files import BundleRefused

pytestmark = pytest.mark.both_databases

TODAY = date(2026, 11, 24)
CREATED, UPDATED, UNCHANGED, REFUSED = range(4)


def one(session: Any, model: Any, key: str) -> Any:
    session.expire_all()
    return session.scalars(select(model).where(model.sourced_id == key)).one()


def stays(session: Any, key: str) -> list[tuple[str, int | None, date, date | None]]:
    statement = (
        select(School.sourced_id, Enrolment.grade, Enrolment.starts_on, Enrolment.ends_on)
        .join(School, School.id == Enrolment.school_id)
        .join(Student, Student.id == Enrolment.student_id)
        .where(Student.sourced_id == key)
        .order_by(Enrolment.starts_on)
    )
    return [tuple(row) for row in session.execute(statement)]


def everything(session: Any) -> dict[str, Any]:
    """Every row of every roster table that an import writes."""
    names = ("school", "student", "staff_member", "guardian", "student_guardian", "enrolment", "imported_row")
    tables = [Base.metadata.tables[name] for name in names]
    return {t.name: session.execute(select(t).order_by(t.c.id)).all() for t in tables}


@pytest.mark.parametrize("sample", ["edfi_lms_toolkit_v1.1", "sds_v2p1", "cps_orgs"])
def test_a_real_roster_lands_and_a_second_run_changes_nothing(session: Any, shared_data: Path, sample: str) -> None:
    folder = shared_data / "oneroster" / sample
    first = take(folder)
    assert first.problems == []
    users = {"edfi_lms_toolkit_v1.1": 10, "sds_v2p1": 8}.get(sample)
    if users:
        assert counts(first, "users") == (users, 0, 0, 0)
    else:
        assert counts(first, "orgs") == (656, 0, 0, 0)
        assert session.scalar(select(func.count(School.id)).where(School.source == "cps-299")) == 655
        assert session.scalar(select(func.count(School.code.distinct()))) >= 655
    before = everything(session)
    second = take(folder)
    assert everything(session) == before
    assert second.problems == []
    for name, counted in first.files.items():
        again = second.files[name]
        assert (again.created, again.updated, again.refused) == (0, 0, 0)
        assert again.unchanged == counted.created > 0


def test_the_sample_of_1_1_is_read_with_zero_led_ids_grades_and_dates(session: Any, shared_data: Path) -> None:
    take(shared_data / "oneroster" / "edfi_lms_toolkit_v1.1")
    mary = one(session, Student, "604863")
    assert (mary.grade, mary.race_ethnicity, mary.birth_date) == (9, "hispanic", date(1997, 5, 30))
    assert stays(session, "604863") == [("255901001", 9, date(2020, 8, 17), None)]
    assert one(session, StaffMember, "207270").school_id == mary.school_id
    keys = session.scalars(select(Base.metadata.tables["imported_row"].c.sourced_id)).all()
    assert "03100500" in keys


def test_the_sample_of_sds_gives_guardians_flags_and_roles(session: Any, shared_data: Path) -> None:
    take(shared_data / "oneroster" / "sds_v2p1")
    jack, alice = one(session, Student, "114001"), one(session, Student, "114004")
    assert (jack.has_iep, jack.has_504, alice.has_504) == (True, False, True)
    assert (jack.is_english_learner, jack.has_housing_support) == (None, None), "flags that the file never names"
    assert (jack.grade, jack.sex, jack.race_ethnicity) == (10, "male", "hispanic")
    links = session.execute(
        select(Student.sourced_id, Guardian.sourced_id, StudentGuardian.relation)
        .join(StudentGuardian, StudentGuardian.student_id == Student.id)
        .join(Guardian, Guardian.id == StudentGuardian.guardian_id)
        .order_by(Student.sourced_id)
    ).all()
    assert [tuple(link) for link in links] == [
        ("114001", "114002", "guardian"), ("114003", "114002", "relative"), ("114004", "114005", "guardian")
    ]  # fmt: skip
    assert stays(session, "114001") == [("110003", 10, date(2021, 8, 24), date(2022, 6, 11))]
    assert one(session, StaffMember, "114006").role == "professor"
    assert one(session, StaffMember, "114007").school_id == jack.school_id


def test_the_sample_of_1_0_is_refused_by_its_headers(session: Any, shared_data: Path) -> None:
    with pytest.raises(BundleRefused) as refused:
        take(shared_data / "oneroster" / "edfi_lms_toolkit_v1.0")
    assert {(p.file, p.column) for p in refused.value.problems} >= {
        ("users.csv", "userId"), ("users.csv", "agents"), ("courses.csv", "schoolYearId"), ("classes.csv", "grade")
    }  # fmt: skip
    assert "OneRoster 1.0" in refused.value.problems[0].message
    assert session.scalar(select(func.count(Student.id))) == 0


def test_no_password_is_kept_anywhere(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(1)])))
    take(write(tmp_path, roster([user(1, password="correct-horse")])))
    kept = [repr(session.execute(select(t)).all()) for t in Base.metadata.tables.values()]
    assert not [text for text in kept if "hunter2-in-the-clear" in text or "correct-horse" in text]
    report = take(write(tmp_path, roster([user(1, password="a third")])))
    assert counts(report, "users") == (0, 0, 1, 0)


def test_version_1_2_takes_roles_and_preferred_names_from_their_own_places(session: Any, tmp_path: Path) -> None:
    person = {"sourcedId": "u1", "givenName": "Hugo", "familyName": "Eastlake", "preferredGivenName": "Huey"}
    role = {"sourcedId": "r1", "userSourcedId": "u1", "roleType": "primary", "role": "student"}
    files = {
        "orgs": table(ORGS, DISTRICT),
        "users": table(NEWER_USERS, [{**person, "grades": "KG"}]),
        "roles": table(ROLES, [{**role, "orgSourcedId": "s2", "beginDate": "2026-09-01"}]),
    }
    report = take(write(tmp_path, files))
    assert report.problems == []
    hugo = one(session, Student, "u1")
    assert (hugo.shown_name, hugo.grade) == ("Huey Eastlake", 0)
    assert stays(session, "u1") == [("s2", 0, date(2026, 9, 1), None)]
    delta = {
        "manifest": manifest("1.2", users="delta"),
        "users": table(NEWER_USERS, [{**person, "status": "active", "familyName": "Eastlake-Dunmore"}]),
    }
    assert counts(take(write(tmp_path, delta), source="d1"), "users") == (0, 1, 0, 0)
    again = one(session, Student, "u1")
    assert (again.family_name, again.school_id) == ("Eastlake-Dunmore", hugo.school_id)


def test_a_sound_row_lands_beside_a_refused_one_that_is_named(session: Any, tmp_path: Path) -> None:
    wrong = [user(2, role=""), user(3, givenName="", familyName=""), user(1, givenName="Twice"), user(4, sourcedId="")]
    report = take(write(tmp_path, roster([user(1), *wrong])), refused=80)
    assert counts(report, "users") == (1, 0, 0, 4)
    assert [(p.row, p.column) for p in report.problems if p.file == "users.csv"] == [
        (3, "role"), (4, "givenName"), (5, "sourcedId"), (6, "sourcedId"),
    ]  # fmt: skip
    assert [s.given_name for s in session.scalars(select(Student))] == ["Given1"]


def test_a_row_merged_into_another_record_counts_in_its_own_file(session: Any, tmp_path: Path) -> None:
    facts = {"sourcedId": "u1", "birthDate": "2011-02-28", "sex": "female", "asian": "true", "white": "true"}
    files = roster([user(1)], demographics=table(DEMOGRAPHICS, [facts, {**facts, "sourcedId": "u9"}]))
    report = take(write(tmp_path, files))
    assert counts(report, "demographics") == (1, 0, 0, 1)
    found = one(session, Student, "u1")
    assert (found.race_ethnicity, found.sex, found.birth_date) == ("two_or_more", "female", date(2011, 2, 28))
    files["demographics"] = table(DEMOGRAPHICS, [{**facts, "white": "false"}])
    report = take(write(tmp_path, files))
    assert (counts(report, "demographics"), counts(report, "users")) == ((0, 1, 0, 0), (0, 0, 1, 0))
    assert one(session, Student, "u1").race_ethnicity == "asian"


@pytest.mark.parametrize(
    ("column", "value"),
    [("birthDate", "2011-02-30"), ("birthDate", "1/2/24"), ("birthDate", "9999-01-01"), ("sex", "x1")],
)
def test_a_wrong_date_or_word_costs_its_field_alone(session: Any, tmp_path: Path, column: str, value: str) -> None:
    facts = table(DEMOGRAPHICS, [{"sourcedId": "u1", "asian": "true", column: value}])
    report = take(write(tmp_path, roster([user(1)], demographics=facts)))
    assert [(p.file, p.row, p.column) for p in report.problems] == [("demographics.csv", 2, column)]
    student = one(session, Student, "u1")
    assert (student.birth_date, student.sex, student.race_ethnicity) == (None, None, "asian")


def test_a_move_ends_one_enrolment_and_starts_another(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(1)])))
    assert stays(session, "u1") == [("s1", 9, date(2026, 8, 1), None)]
    report = take(write(tmp_path, roster([user(1, school="s2")])))
    assert counts(report, "users") == (0, 1, 0, 0)
    moved = [("s1", 9, date(2026, 8, 1), TODAY - timedelta(days=1)), ("s2", 9, TODAY, None)]
    assert stays(session, "u1") == moved
    take(write(tmp_path, roster([user(1, school="s2")])))
    assert stays(session, "u1") == moved
    back = NOW + timedelta(days=30)
    take(write(tmp_path, roster([user(1)])), now=back)
    assert stays(session, "u1")[-1] == ("s1", 9, date(2026, 12, 24), None)
    take(write(tmp_path, roster([user(1)])), now=back)
    assert len(stays(session, "u1")) == 3


def test_a_new_grade_keeps_last_years_figures(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(1)])))
    later = NOW + timedelta(days=300)
    take(write(tmp_path, roster([user(1, grades="10")])), now=later)
    changed = later.date()
    expected = [("s1", 9, date(2026, 8, 1), changed - timedelta(days=1)), ("s1", 10, changed, None)]
    assert stays(session, "u1") == expected
    take(write(tmp_path, roster([user(1, grades="10")])), now=later + timedelta(days=1))
    assert stays(session, "u1") == expected


def test_guardians_come_with_agents_and_leave_with_them(session: Any, tmp_path: Path) -> None:
    parent = user(50, role="parent", school="s1", phone="312-555-0100")
    take(write(tmp_path, roster([user(1, agentSourcedIds="u50"), user(2, agentSourcedIds="u50"), parent])))
    assert session.scalar(select(func.count(StudentGuardian.id))) == 2
    guardian = one(session, Guardian, "u50")
    assert (guardian.name, guardian.phone) == ("Given50 Hazelton", "312-555-0100")
    assert session.scalars(select(StudentGuardian.relation)).first() == "parent"
    take(write(tmp_path, roster([user(1, agentSourcedIds="u50"), user(2), parent])))
    assert session.scalar(select(func.count(StudentGuardian.id))) == 1


def test_a_delta_touches_only_what_it_names(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(n) for n in range(1, 6)])))
    changed = [
        user(1, status="active", familyName="Newname"), user(2, status="tobedeleted"), user(9, status="tobedeleted")
    ]  # fmt: skip
    files = roster(changed, manifest=manifest(users="delta", orgs="bulk"))
    report = take(write(tmp_path, files))
    assert counts(report, "users") == (0, 2, 1, 0)
    assert not one(session, Student, "u2").is_active
    assert stays(session, "u2")[0][3] == TODAY - timedelta(days=1)
    assert all(one(session, Student, f"u{n}").is_active for n in (1, 3, 4, 5))
    assert stays(session, "u3") == [("s1", 9, date(2026, 8, 1), None)]
    assert counts(take(write(tmp_path, files)), "users") == (0, 0, 3, 0)


def test_a_shrink_of_a_fifth_stops_everything_until_accepted(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(n) for n in range(10)])))
    take(write(tmp_path / "other", roster([user(1)])), source="elsewhere", new_source=True)
    before = everything(session)
    folder = tmp_path / "smaller"
    write(folder, roster([user(n, familyName="Changed") for n in range(8)]))
    with pytest.raises(BundleRefused) as refused:
        take(folder)
    assert [(p.file, p.row) for p in refused.value.problems] == [("users.csv", None)]
    assert "2 of the 10" in refused.value.problems[0].message
    assert everything(session) == before
    report = take(folder, shrink=True)
    assert counts(report, "users") == (0, 8, 0, 0)
    found = session.scalars(select(Student.sourced_id).where(Student.source == "d1", ~Student.is_active)).all()
    assert sorted(found) == ["u8", "u9"]
    assert session.scalar(select(Student.is_active).where(Student.source == "elsewhere"))


def test_less_than_a_fifth_is_ended_and_said(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(n) for n in range(11)])))
    report = take(write(tmp_path, roster([user(n) for n in range(9)])))
    assert [p.file for p in report.problems] == ["users.csv"]
    assert "2 rows" in report.problems[0].message
    assert not one(session, Student, "u10").is_active
    back = take(write(tmp_path, roster([user(n) for n in range(11)])))
    assert counts(back, "users") == (0, 2, 9, 0)
    assert one(session, Student, "u10").is_active


def test_an_empty_bulk_file_counts_as_missing_all(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(1), user(2)])))
    with pytest.raises(BundleRefused, match="2 of the 2"):
        take(write(tmp_path, roster([])))
    assert one(session, Student, "u1").is_active


def test_a_dry_run_says_the_same_and_changes_nothing(session: Any, tmp_path: Path) -> None:
    folder = write(tmp_path, roster([user(1), user(2, role="")]))
    before = everything(session)
    dry = take(folder, dry_run=True)
    assert (everything(session), dry.landed) == (before, False)
    real = take(folder)
    assert dry.as_document() == real.as_document()


def test_rows_land_under_audit_in_batches(session: Any, tmp_path: Path) -> None:
    take(write(tmp_path, roster([user(n) for n in range(5_001)])))
    said = select(AuditEntry.changes).where(AuditEntry.action == "roster.rows").order_by(AuditEntry.id)
    rows = session.scalars(said).all()
    assert [row["created"] for row in rows if row["file"] == "users.csv"] == [5_000, 1]


def test_a_zip_with_a_folder_inside_is_the_same_roster(session: Any, tmp_path: Path) -> None:
    files = roster([user(1)])
    inside = {f"export/{name}.csv": text for name, text in files.items()} | {"__MACOSX/._users.csv": "junk"}
    take(zipped(tmp_path / "roster.zip", inside))
    assert counts(take(write(tmp_path / "folder", files)), "users") == (0, 0, 1, 0)


def test_networks_and_charters_come_from_the_org_tree(session: Any, tmp_path: Path) -> None:
    orgs = [
        org("d1", "district", ""),
        {"sourcedId": "n1", "name": "Network 7", "type": "local", "parentSourcedId": "d1"},
        org("s1", parent="n1"),
    ]
    take(write(tmp_path, roster([user(1, grades="11")], orgs)))
    school = one(session, School, "s1")
    assert (school.network, school.code, school.low_grade, school.high_grade) == ("Network 7", "WSS", 11, 11)


def test_outer_spaces_and_loose_accents_are_mended_and_said(session: Any, tmp_path: Path) -> None:
    report = take(write(tmp_path, roster([user(1, givenName=" Marcus ", familyName="Pen\u0303a")])))
    assert counts(report, "users") == (1, 0, 0, 0)
    assert [(p.row, p.column) for p in report.problems] == [(2, "givenName"), (2, "familyName")]
    found = one(session, Student, "u1")
    assert (found.given_name, found.family_name) == ("Marcus", "Pe\u00f1a")
