"""`flask import edfi`: what a file says comes in once and goes out again; what is wrong is named with its line."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select, text

from tests.factories.roster import SchoolFactory, StudentFactory
from tests.outcomes.edfi.test_export import NS, read
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState
from wss_cases.journal.models import AuditEntry, TimelineEntry
from wss_cases.outcomes.edfi.common import EdfiRecord
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

XMLNS = NS["e"]
NOT_HELD = {
    "StaffDisciplineIncidentAssociation",
    "DisciplineIncident/ReporterName",
    "DisciplineIncident/CaseNumber",
    "DisciplineIncident/Behavior/BehaviorDetailedDescription",
    "DisciplineIncident/DisciplineIncidentExternalParticipant/FirstName",
    "DisciplineIncident/DisciplineIncidentExternalParticipant/LastSurname",
    "StudentDisciplineIncidentBehaviorAssociation/BehaviorDetailedDescription",
    "DisciplineAction/ActualDisciplineActionLength",
    "DisciplineAction/DisciplineActionLengthDifferenceReason",
    "DisciplineAction/IEPPlacementMeetingIndicator",
}
"""What the sample has and this system does not hold, or does not give out; the list stands in docs/edfi.md."""


def take_in(app: Flask, *files: Path, status: int = 0) -> Any:
    """Run the command and return what it printed as JSON."""
    done = app.test_cli_runner().invoke(args=["import", "edfi", *map(str, files), "--json"])
    assert done.exit_code == status, done.stderr
    return json.loads(done.stdout)


def held(root: Any) -> Counter[Any]:
    """Every element of a file as a value, references resolved, without what is not held."""
    by_id = {one.get("id"): one for one in root if one.get("id")}
    return Counter(
        _value(_resolved(one, by_id), etree.QName(one).localname)
        for one in root
        if isinstance(one.tag, str) and etree.QName(one).localname not in NOT_HELD
    )


def _resolved(element: Any, by_id: dict[str, Any]) -> Any:
    found = copy.deepcopy(element)
    for reference in found.iterfind(".//e:DisciplineIncidentReference[@ref]", NS):
        about = by_id[reference.attrib.pop("ref")]
        identity = etree.SubElement(reference, f"{{{XMLNS}}}DisciplineIncidentIdentity")
        for name in ("IncidentIdentifier", "SchoolReference"):
            identity.append(copy.deepcopy(about.find(f"e:{name}", NS)))
    return found


def _value(element: Any, path: str) -> Any:
    children = [one for one in element if isinstance(one.tag, str)]
    inside = [(one, f"{path}/{etree.QName(one).localname}") for one in children]
    values = tuple(sorted(_value(one, where) for one, where in inside if where not in NOT_HELD))
    return path, "" if children else (element.text or "").strip(), values


def everything() -> dict[str, list[Any]]:
    """Every row of the tables that an import writes, but for what it tells of each run."""
    names = ("school", "student", "incident", "incident_person", "discipline_action", "edfi_record", "counter")
    return {name: sorted(map(repr, db.session.execute(text(f"select * from {name}")))) for name in names}


@pytest.mark.any_database("tables are read whole, by hand")
def test_the_sample_comes_in_once_and_goes_out_without_loss_of_what_is_held(
    app: Flask, session: Any, at: Any, shared_data: Path, tmp_path: Path
) -> None:
    at("2026-11-24 10:00")
    sample = shared_data / "edfi" / "StudentDiscipline.xml"
    beside = [shared_data / "edfi" / name for name in ("Student.xml", "EducationOrganization.xml")]
    first = take_in(app, sample, *beside)
    assert first["problems"] == []
    assert first["elements"]["DisciplineIncident"] == {"created": 21}
    assert first["elements"]["DisciplineAction"] == {"created": 25}
    assert first["elements"]["Student"] == {"created": 21}, "not one more than the file of discipline names"
    before = everything()
    again = take_in(app, sample)
    assert again["elements"]["DisciplineIncident"] == {"unchanged": 21}
    assert again["elements"]["DisciplineAction"] == {"unchanged": 25}
    assert everything() == before
    out = tmp_path / "back.xml"
    done = app.test_cli_runner().invoke(args=["export", "edfi", "--school-year", "2021-22", "--output", str(out)])
    assert done.exit_code == 0, done.stderr
    schema = etree.XMLSchema(etree.parse(shared_data / "edfi" / "Interchange-StudentDiscipline.xsd"))
    assert schema.validate(read(out)), schema.error_log.filter_from_errors()
    assert held(read(out)) == held(read(sample))
    assert sum(held(read(sample)).values()) == 21 + 21 + 2 + 25
    for path in NOT_HELD:
        assert read(sample).find("/".join(f"e:{step}" for step in path.split("/")), NS) is not None, path
    assert take_in(app, out)["elements"]["DisciplineIncident"] == {"unchanged": 21}
    assert everything() == before


SMALL = f"""<?xml version="1.0" encoding="UTF-8"?>
<InterchangeStudentDiscipline xmlns="{XMLNS}">
  <DisciplineAction>
    <DisciplineActionIdentifier>A1</DisciplineActionIdentifier>
    <Discipline>uri://ed-fi.org/DisciplineDescriptor#Expulsion with Services</Discipline>
    <DisciplineDate>2022-02-01</DisciplineDate>
    <DisciplineActionLength>3.00</DisciplineActionLength>
    <StudentReference><StudentIdentity><StudentUniqueId>77</StudentUniqueId></StudentIdentity></StudentReference>
    <ResponsibilitySchoolReference><SchoolIdentity><SchoolId>500</SchoolId></SchoolIdentity></ResponsibilitySchoolReference>
  </DisciplineAction>
  <DisciplineIncident id="one">
    <IncidentIdentifier>1</IncidentIdentifier>
    <IncidentDate>2022-01-31</IncidentDate>
    <IncidentLocation>uri://ed-fi.org/IncidentLocationDescriptor#Cafeteria area</IncidentLocation>
    <Weapon>uri://ed-fi.org/WeaponDescriptor#Handgun</Weapon>
    <SchoolReference><SchoolIdentity><SchoolId>500</SchoolId></SchoolIdentity></SchoolReference>
  </DisciplineIncident>
  <StudentDisciplineIncidentBehaviorAssociation>
    <StudentReference><StudentIdentity><StudentUniqueId>77</StudentUniqueId></StudentIdentity></StudentReference>
    <DisciplineIncidentReference ref="one"/>
    <Behavior>uri://ed-fi.org/BehaviorDescriptor#State Offense</Behavior>
  </StudentDisciplineIncidentBehaviorAssociation>
  <StudentDisciplineIncidentNonOffenderAssociation>
    <StudentReference><StudentIdentity><StudentUniqueId>77</StudentUniqueId></StudentIdentity></StudentReference>
    <DisciplineIncidentReference ref="one"/>
    <DisciplineIncidentParticipationCode>uri://ed-fi.org/DisciplineIncidentParticipationCodeDescriptor#Victim</DisciplineIncidentParticipationCode>
  </StudentDisciplineIncidentNonOffenderAssociation>
</InterchangeStudentDiscipline>
"""


@pytest.fixture
def place(session: Any, at: Any) -> School:
    """A school 500 with a student 77 on its roster."""
    at("2026-11-24 10:00")
    school: School = SchoolFactory(identifier="500")
    StudentFactory(school=school, student_number="77")
    db.session.commit()
    return school


def written(folder: Path, words: str) -> Path:
    path = folder / "d.xml"
    path.write_text(words, encoding="utf-8")
    return path


def test_what_comes_in_is_a_closed_report_of_its_day_with_its_history(
    app: Flask, place: School, tmp_path: Path
) -> None:
    counts = take_in(app, written(tmp_path, SMALL))
    assert counts["problems"] == []
    incident = db.session.scalars(select(Incident)).one()
    assert (incident.state, incident.weapon, incident.location_code) == ("closed", "firearm", "cafeteria")
    assert (incident.local_date.isoformat(), incident.local_minute) == ("2022-01-31", None)
    assert incident.reference == f"{place.code}-I-0001"
    assert [(one.role, one.student_id) for one in incident.people] == [
        ("both", db.session.scalars(select(Student.id).where(Student.student_number == "77")).one())
    ]
    action = db.session.scalars(select(DisciplineAction)).one()
    assert (action.kind, action.days, action.incident_id) == ("expulsion", 3, None)
    told = db.session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "edfi.imported")).all()
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "edfi.imported")).all()
    assert {(one.subject_type, one.subject_id) for one in told} == {
        ("incident", incident.id),
        ("discipline_action", action.id),
    }
    assert len(audited) == 3
    incident.state = IncidentState.ROUTED
    incident.weapon = "other"
    db.session.commit()
    out = tmp_path / "back.xml"
    app.test_cli_runner().invoke(args=["export", "edfi", "--school-year", "2021-22", "--output", str(out)])
    weapons = [one.text for one in read(out).iterfind("e:DisciplineIncident/e:Weapon", NS)]
    assert weapons == ["uri://ed-fi.org/WeaponDescriptor#Other"], "what was changed here goes out as it is here"
    incident = db.session.scalars(select(Incident)).one()
    incident.state, incident.outcome_reason = IncidentState.CLOSED, "understood"
    db.session.commit()
    second = ["--output", str(out), "--restorative", str(tmp_path / "r.csv")]
    done = app.test_cli_runner().invoke(args=["export", "edfi", "--school-year", "2021-22", *second])
    assert done.exit_code == 0, (done.stderr, done.exception)
    assert (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "500,1,restorative_conversation,conversation,,,,"
    ]
    changed = take_in(app, written(tmp_path, SMALL.replace("2022-01-31", "2022-01-30")))
    assert [one["element"] for one in changed["problems"]] == ["IncidentIdentifier"]
    assert db.session.scalars(select(Incident.local_date)).one().isoformat() == "2022-01-31"


AFTER = "</SchoolId></SchoolIdentity></SchoolReference>"
WRONG = {
    ("<IncidentDate>2022-01-31<", "<IncidentDate>31 January<"): ("IncidentDate", 11),
    ("<IncidentIdentifier>1<", "<IncidentIdentifier><"): ("IncidentIdentifier", 11),
    (f"500{AFTER}", f"x{AFTER}"): ("SchoolId", 11),
    (f"500{AFTER}", f"501{AFTER}"): ("SchoolId", 11),
    ("<IncidentLocation>", "<IncidentTime>25:00:00</IncidentTime><IncidentLocation>"): ("IncidentTime", 11),
    ("3.00", "0.50"): ("DisciplineActionLength", 3),
    ("3.00", "1e999"): ("DisciplineActionLength", 3),
    ("#Expulsion with Services", "#Other"): ("Discipline", 3),
    ('ref="one"/>\n    <Behavior>', 'ref="two"/>\n    <Behavior>'): ("DisciplineIncidentReference", 18),
    ("<Behavior>uri://ed-fi.org/BehaviorDescriptor#State Offense</Behavior>", ""): ("Behavior", 18),
}  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_what_is_wrong_is_named_with_file_line_and_element(
    app: Flask, place: School, tmp_path: Path, change: tuple[str, str]
) -> None:
    assert change[0] in SMALL
    path = written(tmp_path, SMALL.replace(*change))
    problem = take_in(app, path)["problems"][0]
    element, line = WRONG[change]
    assert (problem["file"], problem["line"], problem["element"]) == ("d.xml", line, element)
    done = app.test_cli_runner().invoke(args=["import", "edfi", str(path)])
    assert f"d.xml, line {line}, element {element}: " in done.stderr
    assert db.session.scalars(select(EdfiRecord)).all(), "what is sound beside it lands"


def test_a_report_with_a_student_whom_nobody_knows_waits_whole(app: Flask, place: School, tmp_path: Path) -> None:
    stranger = SMALL.replace("<StudentUniqueId>77<", "<StudentUniqueId>78<")
    refused = take_in(app, written(tmp_path, stranger))
    assert {one["element"] for one in refused["problems"]} == {"StudentUniqueId"}
    assert db.session.scalars(select(Incident)).all() == []
    StudentFactory(school=place, student_number="78")
    db.session.commit()
    assert take_in(app, written(tmp_path, stranger))["elements"]["DisciplineIncident"] == {"created": 1}


DTD = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/hostname">]>'
BROKEN = {
    "a document type": (SMALL.replace("<Int", f"{DTD}<Int", 1).replace("A1", "&x;&b;"), "document type"),
    "an older standard": (SMALL.replace(XMLNS, "http://ed-fi.org/3.3.0"), "versions 4.0, 5.0, 5.1, 5.2"),
    "another interchange": (SMALL.replace("InterchangeStudentDiscipline", "InterchangeFinance"), "Only these"),
    "half of it": (SMALL[:900], "d.xml, line"),
    "nothing": ("", "d.xml"),
    "no XML": ("student,day\n77,2022-01-31\n", "d.xml, line 1"),
    "students alone": (SMALL.replace("InterchangeStudentDiscipline", "InterchangeStudent"), "Enter one"),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_cannot_be_used_lands_nothing(app: Flask, place: School, tmp_path: Path, what: str) -> None:
    words, said = BROKEN[what]
    path = written(tmp_path, words)
    done = app.test_cli_runner().invoke(args=["import", "edfi", str(path)])
    assert done.exit_code == 1, done.output
    assert said in done.stderr
    assert db.session.scalars(select(EdfiRecord)).all() == []
    assert take_in(app, path, status=1)["elements"] == {}
