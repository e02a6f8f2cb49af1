"""Ed-Fi 4.0, 5.0, 5.1 and 5.2: each is read as what it says, and each file that is written is by its own schema."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select

from tests.factories.incidents import IncidentFactory, IncidentPersonFactory, behavior_code
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.outcomes.edfi.test_export import NS, read
from tests.outcomes.edfi.test_import import SMALL, XMLNS, everything, held, place, take_in, written
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import Incident
from wss_cases.incidents.incident.states import IncidentState, PersonRole
from wss_cases.outcomes.edfi.common import NEWEST, VERSIONS
from wss_cases.roster.directory.models import School
from wss_cases.safeguards.discipline.removals.models import DisciplineAction

__all__ = ["place"]

OF_EACH = '<xs:element name="Weapon" type="WeaponDescriptorReferenceType" minOccurs="0" maxOccurs="unbounded">'
LIMITS = {"4.0": {"IncidentIdentifier": 20, "DisciplineActionIdentifier": 32}}
NUMBERS_ARE_INT = ("4.0", "5.0")


def schema_of(name: str, shared_data: Path, folder: Path) -> Any:
    """Return the schema of a version: the published one of 5.2, and of those before it with what they have otherwise.

    What they have otherwise was read in the `Ed-Fi-Core.xsd` of each; the discipline interchange has no more of it.
    """
    source, target = shared_data / "edfi", folder / name
    target.mkdir()
    for file in ("Ed-Fi-Core.xsd", "Interchange-StudentDiscipline.xsd", "SchemaAnnotation.xsd"):
        words = (source / file).read_text(encoding="utf-8").replace(NEWEST.namespace, VERSIONS[name].namespace)
        if file == "Ed-Fi-Core.xsd" and name != NEWEST.name:
            words = _older(words, LIMITS.get(name, {}), numbers_are_int=name in NUMBERS_ARE_INT)
        (target / file).write_text(words, encoding="utf-8")
    return etree.XMLSchema(etree.parse(target / "Interchange-StudentDiscipline.xsd"))


def _older(words: str, limits: Mapping[str, int], *, numbers_are_int: bool) -> str:
    before, name, after = words.partition('<xs:complexType name="StudentDisciplineIncidentBehaviorAssociation">')
    start = after.index(OF_EACH)
    end = after.index("</xs:element>", start) + len("</xs:element>")
    words = before + name + after[:start] + after[end:]
    for one, most in limits.items():
        before, name, after = words.partition(f'<xs:simpleType name="{one}">')
        words = before + name + after.replace('<xs:maxLength value="36" />', f'<xs:maxLength value="{most}" />', 1)
    number = 'name="SchoolId" type="xs:%s"'
    return words.replace(number % "long", number % "int") if numbers_are_int else words


def export(app: Flask, path: Path, version: str, *more: str) -> Any:
    """Write the file of a version."""
    command = ["export", "edfi", "--school-year", "2026-27", "--standard", version, "--output", str(path), *more]
    return app.test_cli_runner().invoke(args=command)


@pytest.fixture
def made(session: Any, at: Any) -> School:
    """A school with a report with a weapon that a student had, and a removal for it; a second with a long code."""
    at("2026-11-24 10:00")
    for code, number in (("WSE", "400001"), ("PRAIRIEVIEWS", "170993000123")):
        school = SchoolFactory(code=code, identifier=number)
        report = IncidentFactory(school_id=school.id, state=IncidentState.ROUTED, local_date=date(2026, 10, 5))
        report.reference = f"{code}-I-000123"
        student = StudentFactory(school=school)
        about = {"role": PersonRole.BOTH, "student_id": student.id, "behavior_code_id": behavior_code("fight").id}
        IncidentPersonFactory(incident_id=report.id, facts={"weapon": "other"}, **about)
        DisciplineActionFactory(school_id=school.id, student_id=student.id, incident_id=report.id)
    db.session.commit()
    return db.session.scalars(select(School).where(School.code == "WSE")).one()


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_is_written_by_its_own_schema(
    app: Flask, made: School, shared_data: Path, tmp_path: Path, version: str
) -> None:
    done = export(app, tmp_path / "d.xml", version)
    assert done.exit_code == 0, done.stderr
    root = read(tmp_path / "d.xml")
    schema = schema_of(version, shared_data, tmp_path)
    assert schema.validate(root), schema.error_log.filter_from_errors()
    ns = {"e": VERSIONS[version].namespace}
    assert root.tag == f"{{{ns['e']}}}InterchangeStudentDiscipline"
    numbers = {one.text for one in root.iterfind("e:DisciplineIncident/e:SchoolReference//e:SchoolId", ns)}
    assert numbers == ({"400001"} if version in NUMBERS_ARE_INT else {"400001", "170993000123"})
    told = "a school without a number that the version accepts [PRAIRIEVIEWS]: 2" in done.stderr
    assert told == (version in NUMBERS_ARE_INT)
    of_each = root.findall("e:StudentDisciplineIncidentBehaviorAssociation/e:Weapon", ns)
    assert len(of_each) == (2 if version == "5.2" else 0)
    if version != "5.2":
        [weapon] = {one.text for one in root.iterfind("e:DisciplineIncident/e:Weapon", ns)}
        assert weapon == "uri://ed-fi.org/WeaponDescriptor#Other", "what has no place of its own stands at the report"


def test_what_is_longer_than_a_version_takes_is_named_and_left_out(
    app: Flask, made: School, shared_data: Path, tmp_path: Path
) -> None:
    report = db.session.scalars(select(Incident).where(Incident.school_id == made.id)).one()
    report.reference = "WSE-I-000000000000001"
    db.session.commit()
    second = tmp_path / "r.csv"
    done = export(app, tmp_path / "d.xml", "4.0", "--restorative", str(second))
    assert done.exit_code == 0, done.stderr
    assert "with an identifier longer than the version accepts [WSE-I-000000000000001]: 1" in done.stderr
    root = read(tmp_path / "d.xml")
    assert schema_of("4.0", shared_data, tmp_path).validate(root)
    assert [etree.QName(one).localname for one in root] == ["DisciplineAction"]
    assert "WSE-I" not in (tmp_path / "d.xml").read_text(encoding="utf-8"), "nor is it referred to"


def test_a_version_that_is_not_known_is_refused_and_those_that_are_named(app: Flask, tmp_path: Path) -> None:
    done = export(app, tmp_path / "d.xml", "3.3")
    assert done.exit_code == 2
    assert "'3.3' is not one of '4.0', '5.0', '5.1', '5.2'" in done.stderr
    assert list(tmp_path.iterdir()) == []


def of_version(words: str, version: str) -> str:
    return words.replace(NEWEST.namespace, VERSIONS[version].namespace)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_things_are_the_same_whichever_version_says_them(
    app: Flask, place: School, tmp_path: Path, version: str
) -> None:
    counts = take_in(app, written(tmp_path, of_version(SMALL, version)))
    assert counts["problems"] == []
    assert {name: one["created"] for name, one in counts["elements"].items()} == {
        "DisciplineIncident": 1, "DisciplineAction": 1,
    }  # fmt: skip
    before = everything()
    assert take_in(app, written(tmp_path, SMALL))["elements"]["DisciplineIncident"] == {"unchanged": 1}
    assert everything() == before, "the newest version of the same file changes nothing"


CODE = "uri://ed-fi.org/StudentParticipationCodeDescriptor#"
NUMBER = "<StudentIdentity><StudentUniqueId>{}</StudentUniqueId></StudentIdentity>"
OLD = """<StudentDisciplineIncidentAssociation id="{id}">
<StudentReference>{student}</StudentReference><DisciplineIncidentReference ref="one"/>
<StudentParticipationCode>{code}</StudentParticipationCode>{behavior}
</StudentDisciplineIncidentAssociation>"""


def old(student: str, code: str, behavior: str = "") -> str:
    inside = f"<Behavior>uri://ed-fi.org/BehaviorDescriptor#{behavior}</Behavior>"
    said = f"<Behavior>{inside}</Behavior>" if behavior else ""
    return OLD.format(id=f"a{student}{code}", student=NUMBER.format(student), code=f"{CODE}{code}", behavior=said)


def old_file(*parts: str, version: str = "4.0", action: str = "") -> str:
    head, _newer = SMALL.split("  <StudentDisciplineIncidentBehaviorAssociation>")
    head = head.replace("</DisciplineAction>", f"{action}</DisciplineAction>")
    return of_version("\n".join([head, *parts, "</InterchangeStudentDiscipline>"]), version)


def people() -> set[tuple[str, str]]:
    [incident] = db.session.scalars(select(Incident))
    return {(one.student.student_number, one.role.value) for one in incident.people}


@pytest.mark.parametrize("version", ["4.0", "5.0"])
def test_the_old_association_is_read_and_goes_out_as_the_newer_ones(
    app: Flask, place: School, shared_data: Path, tmp_path: Path, version: str
) -> None:
    for number in ("78", "79"):
        StudentFactory(school=place, student_number=number)
    db.session.commit()
    parts = (old("77", "Perpetrator", "State Offense"), old("78", "Victim"), old("79", "Perpetrator"))
    named = '<StudentDisciplineIncidentAssociationReference ref="a77Perpetrator"/>'
    counts = take_in(app, written(tmp_path, old_file(*parts, version=version, action=named)))
    assert counts["problems"] == []
    assert people() == {("77", "caused_harm"), ("78", "harmed"), ("79", "caused_harm")}
    [action] = db.session.scalars(select(DisciplineAction))
    assert action.incident_id is not None, "the action's reference by id leads to its report"
    out = tmp_path / "out.xml"
    command = ["export", "edfi", "--school-year", "2021-22", "--standard", version, "--output", str(out)]
    done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 0, done.stderr
    root, ns = read(out), {"e": VERSIONS[version].namespace}
    assert schema_of(version, shared_data, tmp_path).validate(root)
    codes = [one.text for one in root.iterfind(".//e:DisciplineIncidentParticipationCode", ns)]
    assert sorted(code.partition("/DisciplineIncidentParticipationCodeDescriptor#")[2] for code in codes) == [
        "Perpetrator", "Victim",
    ]  # fmt: skip
    assert "Students who caused harm, without a behavior: 1" in done.stderr


def test_who_stands_in_the_old_association_and_in_a_newer_one_stands_once(
    app: Flask, place: School, tmp_path: Path
) -> None:
    both = SMALL.replace("</InterchangeStudentDiscipline>", "") + old("77", "Perpetrator", "State Offense")
    both += old("77", "Victim") + "</InterchangeStudentDiscipline>"
    take_in(app, written(tmp_path, of_version(both, "5.0")))
    assert people() == {("77", "both")}
    assert len(db.session.scalars(select(Incident)).one().people) == 1


def test_an_old_association_without_its_part_is_refused_and_named(app: Flask, place: School, tmp_path: Path) -> None:
    path = written(tmp_path, old_file(old("77", "").replace(CODE, "")))
    problems = take_in(app, path)["problems"]
    assert [one["element"] for one in problems] == ["StudentParticipationCode"]


def as_a_sample_of_4_0(source: Path, folder: Path) -> tuple[Path, Any]:
    """Write the publisher's sample as 4.0 has it: who caused harm in the old association, named so by the actions, and
    without weapons of their own. Returns it, and the sample without these weapons as the newest version has it."""
    newest = read(source)
    for weapon in newest.findall("e:StudentDisciplineIncidentBehaviorAssociation/e:Weapon", NS):
        weapon.getparent().remove(weapon)
    sample = copy.deepcopy(newest)
    named = f"{{{XMLNS}}}StudentDisciplineIncidentBehaviorAssociation"
    for one in [*sample.iter(named), *sample.iter(f"{named}Reference"), *sample.iter(f"{named}Identity")]:
        one.tag = one.tag.replace("BehaviorAssociation", "Association")
        behavior = one.find("e:Behavior", NS)
        if behavior is None:
            continue
        one.remove(behavior)
        code = one.find("e:DisciplineIncidentParticipationCode", NS)
        if code is not None:
            code.tag = f"{{{XMLNS}}}StudentParticipationCode"
            code.text = code.text.replace("DisciplineIncidentParticipationCode", "StudentParticipationCode")
            etree.SubElement(one, f"{{{XMLNS}}}Behavior").append(behavior)
    path = folder / "StudentDiscipline.xml"
    path.write_text(of_version(etree.tostring(sample, encoding="unicode"), "4.0"), encoding="utf-8")
    return path, newest


@pytest.mark.any_database("tables are read whole, by hand")
def test_the_sample_as_an_older_version_has_it_comes_in_and_goes_out(
    app: Flask, session: Any, at: Any, shared_data: Path, tmp_path: Path
) -> None:
    at("2026-11-24 10:00")
    path, newest = as_a_sample_of_4_0(shared_data / "edfi" / "StudentDiscipline.xml", tmp_path)
    assert "BehaviorAssociation" not in path.read_text(encoding="utf-8")
    beside = [shared_data / "edfi" / name for name in ("Student.xml", "EducationOrganization.xml")]
    counts = take_in(app, path, *beside)
    assert counts["problems"] == []
    assert {name: counts["elements"][name]["created"] for name in ("DisciplineIncident", "DisciplineAction")} == {
        "DisciplineIncident": 21, "DisciplineAction": 25,
    }  # fmt: skip
    out = tmp_path / "out.xml"
    command = ["export", "edfi", "--school-year", "2021-22", "--standard", "4.0", "--output", str(out)]
    assert app.test_cli_runner().invoke(args=command).exit_code == 0
    assert schema_of("4.0", shared_data, tmp_path).validate(read(out))
    words = out.read_text(encoding="utf-8").replace(VERSIONS["4.0"].namespace, NEWEST.namespace)
    assert held(etree.fromstring(words.encode())) == held(newest)
