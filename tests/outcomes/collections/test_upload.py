"""What the collections' files need to be uploaded: the numbers of schools, and the State's row for each removal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
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
    """What a command wrote."""
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
