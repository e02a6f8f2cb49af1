"""What the collections' files need to be uploaded: published columns, numbers of schools, the State's row a removal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from fnmatch import fnmatch
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.incidents import make_incident
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory, make_calendar
from tests.factories.safeguards import DisciplineActionFactory
from wss_cases.foundation.db import db
from wss_cases.journal.models import Disclosure
from wss_cases.outcomes.collections import federal
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineKind

RACE_CODES = ("HI", "AM", "AS", "HP", "BL", "WH", "TR")
SEX_CODES = ("M", "F")
GROUNDS = ("SEX", "RAC", "DIS", "ORI", "REL")


def columns() -> dict[str, set[str]]:
    """Return the columns of counts by file, as they are since 2021-22."""
    offenses = {"RAPE", "BATT", "POSSWX"} | {
        f"{act}{how}" for act, how in product(("ROB", "ATT", "THR"), ("WW", "WOW"))
    }
    return {
        "Offenses": {f"SCH_OFFENSE_{one}" for one in offenses} | {"SCH_FIREARM_IND", "SCH_HOMICIDE_IND"},
        "Suspensions": _disciplined("ISS", "SINGOOS", "MULTOOS")
        | {f"SCH_OOSINSTANCES_{one}" for one in ("WODIS", "IDEA", "504")}
        | {f"SCH_DAYSMISSED_{one}_{sex}" for one in (*RACE_CODES, "EL", "504", "IDEA") for sex in SEX_CODES}
        | {
            f"SCH_PSDISC_{kind}_{one}_{sex}"
            for kind in ("SINGOOS", "MULTOOS")
            for one in RACE_CODES
            for sex in SEX_CODES
        }
        | {f"SCH_PSOOSINSTANCES_{one}" for one in ("ALL", "IDEA")},
        "Expulsions": _disciplined("EXPWE", "EXPWOE", "EXPZT"),
        "Transfers": _disciplined("TFRALT"),
        "Referrals and Arrests": _disciplined("REF", "ARR"),
        "Harassment and Bullying": {f"SCH_HBALLEGATIONS_{one}" for one in GROUNDS}
        | {
            f"SCH_HB{what}_{ground}_{one}_{sex}"
            for what, ground in product(("REPORTED", "DISCIPLINED"), ("SEX", "RAC", "DIS"))
            for one, sex in product((*RACE_CODES, "EL", "504", "IDEA"), SEX_CODES)
        },
        "Restraint and Seclusion": {
            f"SCH_RSINSTANCES_{kind}_{one}" for kind in ("MECH", "PHYS", "SECL") for one in ("WODIS", "IDEA", "504")
        }
        | {one for kind in ("MECH", "PHYS", "SECL") for one in _restrained(kind)},
    }


def _disciplined(*kinds: str) -> set[str]:
    found = set()
    for kind, sex in product(kinds, SEX_CODES):
        found |= {f"SCH_DISCWODIS_{kind}_{one}_{sex}" for one in (*RACE_CODES, "EL")}
        found |= {f"SCH_DISCWDIS_{kind}_IDEA_{race}_{sex}" for race in RACE_CODES}
        found |= {f"SCH_DISCWDIS_{kind}_{one}_{sex}" for one in ("EL", "504")}
    return found


def _restrained(kind: str) -> set[str]:
    groups = {"NONIDEA": (*RACE_CODES, "EL", "504"), "IDEA": (*RACE_CODES, "EL")}
    return {f"SCH_RS_{plan}_{kind}_{one}_{sex}" for plan, some in groups.items() for one in some for sex in SEX_CODES}


LISTED = set().union(*columns().values())
OURS = set(federal.federal_columns()) - set(federal.OURS)
TOTALS = 2 * 3 * 2
"""Of the file of restraint: those of two plans, three kinds and two sexes."""


def test_every_published_column_is_counted_or_said_to_be_missing() -> None:
    assert len(columns()["Restraint and Seclusion"]) + TOTALS == 131 - 8, "as many as the published file has"
    assert OURS <= LISTED, sorted(OURS - LISTED)
    missing = {one for one in LISTED - OURS if not any(fnmatch(one, pattern) for pattern in federal.NOT_HELD)}
    assert not missing, sorted(missing)
    assert all(any(fnmatch(one, pattern) for one in LISTED) for pattern in federal.NOT_HELD if "CORP" not in pattern)


def test_what_the_upload_would_not_know_is_not_in_its_file(app: Flask, session: object) -> None:
    for name, identifier in (("A", "170993000123"), ("B", "610001")):
        SchoolFactory(name=name, identifier=identifier)
    db.session.commit()
    done = app.test_cli_runner().invoke(args=["export", "crdc", "--school-year", "2026-27", "--upload"])
    assert done.exit_code == 0, (done.stderr, done.exception)
    [row] = csv.DictReader(io.StringIO(done.stdout))
    assert row.pop("SCH_ID") == "170993000123", "and no school whose number nobody knows"
    assert list(row) == [one for one in federal.federal_columns() if one not in federal.OURS]
    assert set(row.values()) == {"0"}
    assert "Schools without the collection’s number: 1" in done.stderr


FEDERAL, STATE = "170993000123", "150162990250001"
SUSPENSION, EXPULSION = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION, DisciplineKind.EXPULSION
TUESDAY = date(2026, 9, 8)

Run = Callable[..., Any]


@pytest.fixture
def run(app: Flask, session: Any, at: Any, tmp_path: Path) -> Run:
    """The command; `ids` are the lines of its file."""
    at("2026-11-24 10:00")

    def command(name: str, *more: str, ids: str = "") -> Any:
        if ids:
            (tmp_path / "ids.csv").write_text(f"school_id,federal,state\n{ids}", encoding="utf-8")
            more = (*more, "--ids", str(tmp_path / "ids.csv"))
        return app.test_cli_runner().invoke(args=["export", name, "--school-year", "2026-27", *more])

    return command


def rows(done: Any) -> list[dict[str, str]]:
    assert done.exit_code == 0, (done.stderr, done.exception)
    return list(csv.DictReader(io.StringIO(done.stdout.lstrip("\ufeff"))))


def test_a_school_is_known_by_the_roster_s_number_or_by_the_file_s(run: Run) -> None:
    for name, identifier in (("A", FEDERAL), ("B", "15-016-2990-25-0001"), ("C", "610001"), ("D", "610002")):
        SchoolFactory(name=name, identifier=identifier, network="Network 1" if name == "A" else None)
    db.session.commit()
    done = run("crdc", ids=f"610001,{FEDERAL[:-1]}4,\n")
    assert [[one[name] for name in ("LEAID", "SCHID", "COMBOKEY")] for one in rows(done)] == [
        [FEDERAL[:7], FEDERAL[7:], FEDERAL], ["", "", ""], ["1709930", "00124", "170993000124"], ["", "", ""],
    ]  # fmt: skip
    assert "Schools without the collection’s number: 2" in done.stderr
    assert {one["network"] for one in rows(run("crdc"))} == {"", "Network 1"}
    codes = [one["rcdts"] for one in rows(run("state", ids=f"610001,,{STATE[:-1]}2\n"))][::4]
    assert codes == ["", STATE, "150162990250002", ""]
    for ids, words in (
        ("610001,17099300012,\n", "Line 2: federal has 12 digits"),
        ("610001,,15016299025000x\n", "Line 2: state has 15 digits"),
        (f"610001,{FEDERAL},\n610001,,\n", "Line 3: each line names one school"),
    ):
        refused = run("crdc", ids=ids)
        assert (refused.exit_code, refused.stdout, words in refused.stderr) == (1, "", True)


def test_the_columns_of_restraints_and_days_missed_are_those_of_the_public_files() -> None:
    sexed = [f"{group}_{sex}" for group in ("HI", "AM", "AS", "HP", "BL", "WH", "TR") for sex in "MF"]
    listed = {f"SCH_RS_{plan}_{kind}_{one}" for plan in ("IDEA", "NONIDEA") for kind in ("PHYS", "SECL")
              for one in (*sexed, "EL_M", "EL_F")}  # fmt: skip
    listed |= {f"SCH_RS_NONIDEA_{kind}_504_{sex}" for kind in ("PHYS", "SECL") for sex in "MF"}
    assert {one for one in federal.federal_columns() if one.startswith("SCH_RS_")} == listed
    missed = {f"SCH_DAYSMISSED_{one}" for one in (*sexed, *(f"{g}_{s}" for g in ("EL", "504", "IDEA") for s in "MF"))}
    assert {one for one in federal.federal_columns() if one.startswith("SCH_DAYSMISSED_")} == missed


def test_each_removal_is_a_row_and_what_nobody_knows_is_empty(run: Run) -> None:
    here = SchoolFactory(name="A", identifier=STATE)
    student = StudentFactory(
        school=here, student_number="123456789", given_name="Zo\u00eb-Ann", family_name="N\u00fa\u00f1ez O'Hara",
        has_iep=None, birth_date=date(2012, 3, 4),
    )  # fmt: skip
    EnrolmentFactory(student=student, starts_on=date(2026, 8, 17))
    make_calendar(TUESDAY, TUESDAY, half=[TUESDAY])
    report = make_incident(here, [student], local_date=TUESDAY, weapon="other")

    def removal(kind: DisciplineKind, days: int, **more: Any) -> None:
        values = {"starts_on": TUESDAY, "state": ActionState.STANDING, "incident_id": report.id} | more
        DisciplineActionFactory(school_id=here.id, student_id=student.id, kind=kind, days=days, **values)

    removal(SUSPENSION, 3)
    removal(EXPULSION, 0)
    removal(SUSPENSION, 0, incident_id=None)
    removal(SUSPENSION, 2, state=ActionState.REVERSED)
    db.session.commit()
    found = rows(run("state-students", "--action", "expulsion=02"))
    first = found[0]
    assert list(first.values()) == [
        "123456789", "Nunez OHara", "Zoe-Ann", "03/04/2012", STATE, STATE, "09/08/2026", "01", report.reference,
        "out_of_school_suspension", "", "16", "", "2.5",
    ]  # fmt: skip
    known = ("incident_date", "incident_number", "disciplinary_action", "incident_type", "disciplinary_duration")
    assert [[one[name] for name in known] for one in found[1:]] == [
        ["09/08/2026", "02", "02", "16", ""], ["", "01", "", "", ""]
    ]  # fmt: skip
    assert db.session.scalars(select(Disclosure)).all() == []
    told = ("--for", "State Board", "--interest", "34 CFR 99.31(a)(3)", "--purpose", "Yearly collection")
    done = run("state-students", *told)
    assert "Cells left empty, by column: no record says it: incident_date 1" in done.stderr
    assert [one.student_id for one in db.session.scalars(select(Disclosure))] == [student.id]
    assert run("state-students", "--action", "detention=1").exit_code == 2


def test_names_keep_their_letters_and_the_changed_ones_are_listed(run: Run, tmp_path: Path) -> None:
    here = SchoolFactory(name="A", identifier=STATE)
    names = (
        ("Thị", "Đặng"),
        ("Mary Kate", "de-la Cruz"),
        ("Kaʻiulani", "Sørensen"),
        ("Соломія", "الخطيب"),
        ("Ana 😀", "王"),
    )
    for given, family in names:
        student = StudentFactory(school=here, given_name=given, family_name=family)
        DisciplineActionFactory(
            school_id=here.id, student_id=student.id, kind=SUSPENSION, days=1, starts_on=TUESDAY,
            state=ActionState.STANDING, incident_id=None,
        )  # fmt: skip
    db.session.commit()
    found = rows(run("state-students"))
    assert [(one["first_name"], one["last_name"]) for one in found] == [
        ("Thi", "Dang"), ("Mary Kate", "de-la Cruz"), ("Kaiulani", "Sorensen"), ("Solomiya", "lkhtyb"), ("Ana", "Wang"),
    ]  # fmt: skip
    done = run("state-students", "--output", str(tmp_path / "students.csv"))
    assert done.exit_code == 0 and "Names written in other letters than in the roster: 8" in done.stderr
    assert not any(name in done.stderr for pair in names for name in pair), "a scheduled run keeps what it prints"
    with (tmp_path / "students.changed-names.csv").open(encoding="utf-8-sig", newline="") as stream:
        changed = [tuple(one.values()) for one in csv.DictReader(stream)]
    assert changed[:3] == [
        ("2", "last_name", "Đặng", "Dang"), ("2", "first_name", "Thị", "Thi"),
        ("4", "last_name", "Sørensen", "Sorensen"),
    ]  # fmt: skip
    assert len(changed) == 8
    document = json.loads(run("state-students", "--format", "json").stdout)
    assert [(str(one["row"]), *list(one.values())[1:]) for one in document["changed_names"]] == changed
