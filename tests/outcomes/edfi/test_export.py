"""`flask export edfi`: what was decided, by the standard's schema, whole or not at all, and nothing besides."""

from __future__ import annotations

import csv
import signal
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import create_engine, select, text

from tests.factories.accounts import make_user
from tests.factories.incidents import IncidentFactory, IncidentPersonFactory, behavior_code
from tests.factories.roster import SchoolFactory, StudentFactory
from tests.factories.safeguards import DisciplineActionFactory
from tests.outcomes.making.small_district import Made
from tests.support.databases import Database, flask
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import UserAccount
from wss_cases.cases.case.models import CaseIncident
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import CareRecord, Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole
from wss_cases.journal.models import AuditEntry, Disclosure
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway
from wss_cases.roster.directory.models import School, Student
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineAction

NS = {"e": "http://ed-fi.org/5.2.0"}
YEAR = ("--school-year", "2026-27")
CANARY = "Canary-7291"


def read(path: Path) -> Any:
    """Parse a file that we wrote."""
    return etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()


def export(app: Flask, path: Path, *arguments: str) -> Any:
    """Run the command in this process."""
    return app.test_cli_runner().invoke(args=["export", "edfi", *YEAR, "--output", str(path), *arguments])


@pytest.fixture
def made(session: Any, at: Any) -> Made:
    """Two schools with numbers, and a term of incidents."""
    at("2026-11-24 10:00")
    district = Made(seed=11, incidents=60)
    for number, school in enumerate(district.schools):
        school.identifier = str(400_001 + number)
    for one in db.session.scalars(select(Incident)):
        for person in one.people:
            if person.role == "caused_harm" and person.student_id is not None:
                placed = {"school_id": one.school_id, "incident_id": one.id, "student_id": person.student_id}
                DisciplineActionFactory(**placed, starts_on=one.local_date)
    db.session.commit()
    return district


@pytest.mark.any_database("audit rows are counted by hand")
def test_the_file_of_a_district_is_by_the_schema_and_a_killed_export_leaves_none(
    demo_database: Database, shared_data: Path, tmp_path: Path
) -> None:
    out, second = tmp_path / "district.xml", tmp_path / "restorative.csv"
    command = ("export", "edfi", *YEAR, "--output", str(out), "--restorative", str(second))
    killed = flask(demo_database.url, *command, WSS_FAILPOINT="unit.before_commit:kill")
    assert killed.returncode == -signal.SIGKILL
    assert "school 2 of 2" in killed.stderr, "it had written everything when it was killed"
    assert not out.exists() and not second.exists()
    assert _audited(demo_database) == 0
    done = flask(demo_database.url, *command)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["district.xml", "restorative.csv"]
    assert out.stat().st_mode & 0o777 == 0o600
    assert _audited(demo_database) == 1
    schema = etree.XMLSchema(etree.parse(shared_data / "edfi" / "Interchange-StudentDiscipline.xsd"))
    root = read(out)
    assert schema.validate(root), schema.error_log.filter_from_errors()
    wrong = root.find("e:DisciplineIncident/e:IncidentDate", NS)
    wrong.text = "tomorrow"
    assert not schema.validate(root), "the schema must be able to fail"
    assert len(root) > 20
    held = {one.text for one in root.iterfind("e:DisciplineIncident/e:IncidentIdentifier", NS)}
    with second.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows and {row["IncidentIdentifier"] for row in rows} <= held


def _audited(database: Database) -> int:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        counted = connection.execute(
            text("select count(*) from audit_entry where action = 'outcomes.exported'")
        ).scalar_one()
    engine.dispose()
    return int(counted)


def test_the_file_holds_what_an_independent_count_finds(app: Flask, made: Made, tmp_path: Path) -> None:
    done = export(app, tmp_path / "d.xml")
    assert done.exit_code == 0, done.stderr
    root = read(tmp_path / "d.xml")
    wanted: Counter[str] = Counter()
    for one in db.session.scalars(select(Incident)):
        if date(2026, 8, 1) <= one.local_date <= date(2026, 11, 24) and one.state in ("routed", "closed"):
            wanted["DisciplineIncident"] += 1
            for person in one.people:
                if person.kind is not PersonKind.STUDENT:
                    continue
                if person.role in ("caused_harm", "both") and person.behavior_code_id is not None:
                    wanted["StudentDisciplineIncidentBehaviorAssociation"] += 1
                if person.role in ("harmed", "both", "witness"):
                    wanted["StudentDisciplineIncidentNonOffenderAssociation"] += 1
    for action in db.session.scalars(select(DisciplineAction)):
        wanted["DisciplineAction"] += date(2026, 8, 1) <= action.starts_on <= date(2026, 11, 24)
    assert Counter(etree.QName(one).localname for one in root) == wanted
    assert min(wanted.values()) > 3
    linked = root.findall(".//e:StudentDisciplineIncidentBehaviorAssociationIdentity", NS)
    assert len(linked) > 3
    assert {_key(one) for one in linked} <= {
        _key(one) for one in root.findall("e:StudentDisciplineIncidentBehaviorAssociation", NS)
    }
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).one()
    assert (audited.changes["rows"], audited.changes["name"]) == (wanted.total(), "edfi")
    assert db.session.scalars(select(Disclosure)).all() == []
    given = ("--for", "State Board", "--interest", "34 CFR 99.31(a)(3)", "--purpose", "Yearly collection")
    assert export(app, tmp_path / "g.xml", *given).exit_code == 0
    assert (tmp_path / "g.xml").read_bytes() == (tmp_path / "d.xml").read_bytes()
    disclosed = list(db.session.scalars(select(Disclosure)))
    assert {(one.told_whom, one.interest, one.purpose) for one in disclosed} == {given[1::2]}
    numbers = {one.id: one.student_number for one in db.session.scalars(select(Student))}
    told = {one.text for one in root.iterfind(".//e:StudentUniqueId", NS)}
    assert Counter(numbers[one.student_id] for one in disclosed) == Counter(told)
    assert export(app, tmp_path / "g.xml", *given[:2]).exit_code == 2
    mine = export(app, tmp_path / "s.xml", "--school", "400001")
    assert mine.exit_code == 0
    assert {one.text for one in read(tmp_path / "s.xml").iterfind(".//e:SchoolId", NS)} == {"400001"}
    _restorative(app, tmp_path)
    printed = app.test_cli_runner().invoke(args=["export", "edfi", *YEAR])
    assert printed.stdout_bytes == (tmp_path / "d.xml").read_bytes()


def _restorative(app: Flask, folder: Path) -> None:
    """Of agreements: zero, blank and not known differ; of what was not held nothing is told."""
    met = select(Pathway.id).join(CaseIncident, CaseIncident.case_id == Pathway.case_id)
    met = met.join(Incident, Incident.id == CaseIncident.incident_id).where(
        Incident.state.in_(("routed", "closed")),
        Incident.local_date.between(date(2026, 8, 1), date(2026, 11, 24)),
        Pathway.pathway.in_(("circle", "restorative_conversation")),
        Pathway.held_on.is_not(None),
    )
    held = list(db.session.scalars(met))
    agreements = list(db.session.scalars(select(Agreement.id).where(Agreement.pathway_id.in_(held))))
    states = dict(zip(agreements, (TermState.OPEN, TermState.NOT_KEPT), strict=False))
    marked = clock.now(), db.session.scalar(select(UserAccount.id).limit(1))
    for term in db.session.scalars(select(AgreementTerm)):
        term.state = states.get(term.agreement_id, TermState.KEPT)
        term.decided_at, term.decided_by_id = (None, None) if term.state is TermState.OPEN else marked
    db.session.commit()
    second = folder / "r.csv"
    assert export(app, folder / "again.xml", "--restorative", str(second)).exit_code == 0
    with second.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    dated = [row for row in rows if row["HeldDate"]]
    assert len(dated) == len(held), "what was offered and not held has no row"
    assert {(row["OfferedDate"], row["Kind"]) for row in rows if row not in dated} <= {("", "conversation")}
    kept = Counter(row["AgreementKept"] for row in dated if row["AgreementDate"])
    assert kept == Counter({"": 1, "no": 1, "yes": len(agreements) - 2})


def _key(element: Any) -> tuple[str, ...]:
    paths = (".//e:StudentUniqueId", ".//e:IncidentIdentifier", "e:Behavior")
    return tuple(element.findtext(path, namespaces=NS) for path in paths)


def _plant_what_stays() -> tuple[School, School, IncidentPerson, DisciplineAction, DisciplineAction]:
    """Make what is written and what is not; returns both schools, who caused harm, the removal that stands and the
    one that was reversed."""
    school, unnumbered = SchoolFactory(identifier="400009"), SchoolFactory(identifier="N/A")
    incident = _incident(school, narrative=CANARY, immediate_action=CANARY, location_code="on the moon")
    caused = _person(incident, PersonRole.BOTH, family_text=CANARY, behavior_code_id=behavior_code("fight").id)
    coded = behavior_code("argument")
    coded.edfi = "No such value"
    _person(incident, PersonRole.CAUSED_HARM, behavior_code_id=coded.id)
    _person(incident, PersonRole.CAUSED_HARM)
    _person(incident, PersonRole.SUPPORT)
    _person(incident, PersonRole.HARMED, student=StudentFactory(school=school, student_number="7" * 40))
    outside = {"kind": PersonKind.NOT_IDENTIFIED, "student_id": None, "description": CANARY}
    IncidentPersonFactory(incident_id=incident.id, role=PersonRole.WITNESS, **outside)
    _incident(unnumbered)
    for state in (IncidentState.SUBMITTED, IncidentState.NO_FURTHER_ACTION):
        _person(_incident(school, state=state), PersonRole.WITNESS)
    teller = make_user(Role.REPORTER, school).id
    worry = {"school_id": school.id, "student_id": caused.student_id, "reporter_id": teller}
    db.session.add(CareRecord(**worry, opened_at=incident.submitted_at, narrative=CANARY))
    placed = {"school_id": school.id, "student_id": caused.student_id, "incident_id": incident.id}
    kept = DisciplineActionFactory(**placed, reason=CANARY)
    gone = DisciplineActionFactory(**placed, state=ActionState.REVERSED)
    db.session.commit()
    return school, unnumbered, caused, kept, gone


def test_what_nobody_outside_needs_is_in_no_file_and_what_is_left_out_is_named(
    app: Flask, session: Any, at: Any, tmp_path: Path
) -> None:
    at("2026-11-24 10:00")
    school, unnumbered, caused, kept, gone = _plant_what_stays()
    done = export(app, tmp_path / "d.xml")
    assert done.exit_code == 0, done.stderr
    written = (tmp_path / "d.xml").read_text(encoding="utf-8")
    assert CANARY not in written + done.output
    student = db.session.get(Student, caused.student_id)
    assert student is not None
    assert student.family_name not in written and student.given_name not in written
    root = read(tmp_path / "d.xml")
    assert [one.text for one in root.iterfind("e:DisciplineAction/e:DisciplineActionIdentifier", NS)] == [
        f"{school.code}-D-{kept.id}"
    ]
    assert f"-D-{gone.id}<" not in written
    assert [etree.QName(one).localname for one in root] == [
        "DisciplineIncident",
        "StudentDisciplineIncidentBehaviorAssociation",
        "StudentDisciplineIncidentNonOffenderAssociation",
        "DisciplineAction",
    ]
    for line in (
        "Places without an Ed-Fi code (the report is in the file, without its place) [on the moon]: 1",
        "Students who caused harm, whose behavior has no Ed-Fi code [argument]: 1",
        "Students who caused harm, without a behavior: 1",
        "People whose role is not established, and support persons: 1",
        "Students without a number of at most 32 characters: 1",
        f"Reports and removals of a school without a number that the version accepts [{unnumbered.code}]: 1",
        "Reports that no one has decided yet: 1",
        "Reports closed without further action: 1",
    ):
        assert f"left out – {line}\n" in done.stderr


def test_what_cannot_be_written_is_said_plainly(app: Flask, session: Any, at: Any, tmp_path: Path) -> None:
    at("2026-11-24 10:00")
    before = tmp_path / "d.xml"
    before.write_text("the one of last week", encoding="utf-8")
    empty = export(app, before)
    assert (empty.exit_code, empty.stderr) == (1, "Refused: Nothing can be written for 2026-27.\n")
    assert before.read_text(encoding="utf-8") == "the one of last week"
    assert [path.name for path in tmp_path.iterdir()] == ["d.xml"]
    assert "There is no school Nowhere." in export(app, before, "--school", "Nowhere").stderr
    assert "cannot be written" in export(app, tmp_path / "none" / "d.xml").stderr
    unborn = app.test_cli_runner().invoke(args=["export", "edfi", "--school-year", "2031-32"])
    assert unborn.exit_code == 2
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).all() == []


def _incident(school: Any, **more: Any) -> Incident:
    found: Incident = IncidentFactory(
        **{"school_id": school.id, "state": IncidentState.ROUTED, "local_date": date(2026, 10, 5)} | more
    )
    return found


def _person(incident: Incident, role: PersonRole, student: Any = None, **more: Any) -> IncidentPerson:
    known = student or StudentFactory(school=db.session.get(School, incident.school_id))
    found: IncidentPerson = IncidentPersonFactory(incident_id=incident.id, role=role, student_id=known.id, **more)
    return found
