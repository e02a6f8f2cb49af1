"""The federal and the State's counts against a second count from the rows themselves; and their way out."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories.accounts import RoleGrantFactory, UserFactory, make_user
from tests.factories.safeguards import DisciplineActionFactory
from tests.outcomes.collections.second_count import claims, federal, rows_of
from tests.outcomes.making.small_district import Made
from tests.support.depth import examples
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, Place
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.outcomes.collections import federal as collections_federal
from wss_cases.outcomes.collections import state
from wss_cases.safeguards.discipline.removals.models import ActionState, DisciplineKind
from wss_cases.safeguards.restraint import RestraintKind, RestraintRecord

RACES = ("hispanic", "black", "white", "asian")
DAYS = (date(2026, 6, 1), date(2026, 9, 2), date(2026, 10, 5), date(2026, 11, 24))
BANDS = (("0_days", 0), ("1_day", 1), ("2_to_3_days", 3), ("4_to_10_days", 10), ("11_and_more_days", 99))
FIREARMS = ("type_12", "type_13", "type_14", "type_15")
REASON = "For the collection of the State Board in December."


@pytest.fixture(params=[1, 2, 3][: examples(1, 3)])
def made(session: Any, at: Any, request: pytest.FixtureRequest) -> Made:
    """A random district: marks are missing, students repeat (one is sent home twice), reports are of every kind."""
    at("2026-11-24 10:00")
    district = Made(seed=request.param, incidents=70)
    pick = random.Random(request.param)
    codes = list(db.session.scalars(select(BehaviorCode).where(BehaviorCode.code_set == "groups")))
    kinds = [*DisciplineKind, *[DisciplineKind.OUT_OF_SCHOOL_SUSPENSION] * 5]
    for student in district.students:
        student.race_ethnicity = pick.choice((None, *RACES, *RACES))
        student.sex = pick.choice((None, "other", *["female", "male"] * 4))
        student.has_iep, student.has_504, student.is_english_learner = (
            pick.choice((None, *[True, False, False] * 4)) for _ in range(3)
        )
        for _ in range(pick.choice((0, 1, 2, 4))):
            DisciplineActionFactory(
                school_id=student.school_id, student_id=student.id, kind=pick.choice(kinds),
                days=pick.randint(0, 12), state=pick.choice((*ActionState, ActionState.STANDING)),
                starts_on=pick.choice(DAYS),
            )  # fmt: skip
    for day in DAYS[2:]:
        DisciplineActionFactory(
            school_id=district.students[0].school_id, student_id=district.students[0].id, kind=DisciplineKind.SENT_HOME,
            days=1, state=ActionState.STANDING, starts_on=day,
        )  # fmt: skip
    for one in db.session.scalars(select(Incident)):
        one.weapon = pick.choice((None, "other", "firearm", "firearm", "lookalike"))
        one.substance = pick.choice((None, None, None, "alcohol", "cannabis", "tobacco_vape"))
        one.place = pick.choice((Place.ON_GROUNDS, Place.ON_GROUNDS, Place.VEHICLE, Place.ONLINE, None))
        one.bias_basis = pick.choice((None, "race", "gender_identity", "religion", "not_known"))
        one.tile = pick.choice(("fight", "bullying"))
        if one.state is IncidentState.ROUTED and pick.random() < 0.6:
            one.state, one.outcome_reason = (IncidentState.NO_FURTHER_ACTION, pick.choice(("unfounded", "other")))
        for person in one.people:
            person.behavior_code_id = pick.choice((None, *(code.id for code in codes)))
    for student in district.students[:6]:
        kind = pick.choice(list(RestraintKind))
        for _again in range(2):
            _restraint(student, kind)
    db.session.commit()
    return district


def counts(app: Flask, name: str) -> list[dict[str, Any]]:
    """Run the command and return its rows, numbers as numbers."""
    done = app.test_cli_runner().invoke(args=["export", name, "--school-year", "2026-27", "--format", "json"])
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    return list(document["schools" if name == "crdc" else "rows"])


@pytest.mark.both_databases
def test_the_federal_counts_are_those_of_a_second_count(app: Flask, made: Made) -> None:
    found = counts(app, "crdc")
    names = {school.name: school.id for school in made.schools}
    assert {one["school"] for one in found} == set(names)
    for one in found:
        assert tuple(one["counts"]) == collections_federal.federal_columns(), (
            "every column, in its order, zero not blank"
        )
        got = {column: number for column, number in one["counts"].items() if number}
        open_ = {column for column, number in one["counts"].items() if number is None}
        assert got.pop("cells_not_reported", 0) == len(open_)
        assert got == dict(federal(names[one["school"]]))
        assert open_ == claims(names[one["school"]]) - set(got), "where somebody is not known, zero is no answer"
    total = sum((Counter({name: number or 0 for name, number in one["counts"].items()}) for one in found), Counter())
    held = {column.split("_")[2] for column in total if column.startswith("SCH_DISC")}
    assert held >= {"ISS", "SINGOOS", "MULTOOS", "REF"}
    assert total["students_not_placed"] and total["informal_removal_students"] < total["informal_removal_instances"]


def _restraint(student: Any, kind: RestraintKind) -> None:
    incident = db.session.scalars(select(Incident.id).where(Incident.school_id == student.school_id)).first()
    moment = datetime(2026, 10, 5, 15, tzinfo=UTC)
    words = dict.fromkeys(("danger", "tried", "staff_present"), "made")
    db.session.add(
        RestraintRecord(
            school_id=student.school_id, incident_id=incident, student_id=student.id, kind=kind, harm="none",
            local_date=date(2026, 10, 5), started_at=moment, ended_at=moment, recorded_at=moment, **words,
        )
    )  # fmt: skip


@pytest.mark.both_databases
def test_the_states_counts_are_those_of_a_second_count(app: Flask, made: Made) -> None:
    found = {(one["school"], one["kind"]): one["counts"] for one in counts(app, "state")}
    kinds = ("out_of_school_suspension", "expulsion", "alternative_placement", "police_referral")
    assert set(found) == {(school.name, kind) for school in made.schools for kind in kinds}
    coded = defaultdict(set)
    for person in db.session.scalars(select(IncidentPerson)):
        if person.role in ("caused_harm", "both") and person.behavior is not None:
            coded[person.incident_id].add(person.behavior)
    for (name, kind), got in found.items():
        school = next(one.id for one in made.schools if one.name == name)
        if kind == "police_referral":
            rows = rows_of(
                f"select incident_id, null as days from police_notification where school_id = {school}"
                " and local_date between '2026-08-01' and '2026-11-24'"
            )
            ids = rows_of(
                "select distinct s.student_id from notified_student s join police_notification n"
                f" on n.id = s.notification_id where n.school_id = {school} and n.local_date >= '2026-08-01'"
            )
        else:
            held = f"from discipline_action where school_id = {school} and kind = '{kind}' and state = 'standing'"
            held += " and starts_on between '2026-08-01' and '2026-11-24'"
            rows = rows_of(f"select incident_id, days {held}")
            ids = rows_of(f"select distinct student_id {held}")
        wanted = Counter({"instances": len(rows), "students": len(ids)})
        wanted["days"] = sum(row["days"] or 0 for row in rows)
        for row in rows:
            wanted[f"type_{_type(row['incident_id'], coded[row['incident_id']])}"] += 1
            is_open = row["days"] is None or (row["days"] == 0 and kind != "out_of_school_suspension")
            band = "not_known" if is_open else next(band for band, most in BANDS if row["days"] <= most)
            wanted[f"length_{band}"] += 1
        for row in ids:
            student = rows_of(f"select * from student where id = {row['student_id']}")[0]
            learner = {None: "not_known", 1: "yes", 0: "no"}[student["is_english_learner"]]
            wanted[f"race_{student['race_ethnicity'] or 'not_known'}"] += 1
            wanted[f"sex_{student['sex'] or 'not_known'}"] += 1
            wanted[f"english_learner_{learner}"] += 1
            plans = student["has_iep"], student["has_504"]
            known = "not_known" if None in plans else "no"
            wanted[f"disability_{'iep' if plans[0] else 'section_504' if plans[1] else known}"] += 1
            wanted[f"grade_{student['grade']}"] += 1
        assert tuple(got) == state.columns_rule()
        assert {key: number for key, number in got.items() if number} == dict(+wanted), (name, kind)
        groups = {key.rsplit("_not_known", 1)[0] for key in +wanted if key.endswith("_not_known")}
        empty = {key for key, number in got.items() if number is None}
        open_columns = tuple(f"{one}_" for one in groups) + (("days",) if wanted["length_not_known"] else ())
        open_columns += FIREARMS if wanted["type_17"] else ()
        assert empty == {key for key in set(got) - set(+wanted) if key.startswith(open_columns)}


def _type(incident_id: int | None, behaviors: set[BehaviorCode]) -> str:
    if incident_id is None:
        return "no_report"
    one = rows_of(f"select * from incident where id = {incident_id}")[0]
    if one["weapon"] in ("firearm", "other"):
        return {"firearm": "17", "other": "16"}[one["weapon"]]
    if one["substance"]:
        return {"alcohol": "08", "cannabis": "11", "tobacco_vape": "19"}[one["substance"]]
    hurting = {
        "fight",
        "fight_group",
        "hurt_someone",
        "hurt_badly",
        "pushing",
        "threat",
        "took_by_force",
        "sexual_contact",
    }
    if {code.code for code in behaviors} & hurting:
        return "09" if one["injury"] == "minor" else "10"
    return "18"


def test_every_column_of_the_federal_list_is_counted_or_said_to_be_missing(shared_data: Path) -> None:
    with (shared_data / "vocab" / "crdc_offenses.csv").open(encoding="utf-8", newline="") as stream:
        listed = {row["code"] for row in csv.DictReader(stream)}
    merged = {f"SCH_OFFENSE_{act}WX" for act in ("ROB", "ATT", "THR")}
    assert listed == {
        *collections_federal.OFFENSES,
        *collections_federal.ALLEGATIONS,
        *collections_federal.NOT_HELD[:3],
        *merged,
    }
    with (shared_data / "vocab" / "isbe_incident_types.csv").open(encoding="utf-8", newline="") as stream:
        types = {row["code"]: row for row in csv.DictReader(stream)}
    assert {code: row["label"] for code, row in types.items()} == state.TYPES
    assert {code for code, row in types.items() if row["evidence"] != "seen"} == set(state.UNCONFIRMED)


def test_a_file_of_a_collection_is_noted_and_says_what_it_cannot(
    app: Flask, session: Any, at: Any, client_as: Callable[[Any], Any], tmp_path: Path
) -> None:
    at("2026-11-24 10:00")
    school = Made(seed=4, incidents=8).schools[0]
    school.name, school.network = "=HYPERLINK(1)", "North"
    db.session.commit()
    out = tmp_path / "crdc.csv"
    command = ["export", "crdc", "--school-year", "2026-27", "--school", school.code, "--output", str(out)]
    done = app.test_cli_runner().invoke(args=command)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Columns that no record here can fill: SCH_OFFENSE_RAPE, SCH_FIREARM_IND" in done.stderr
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert [row["school"] for row in rows] == ["'=HYPERLINK(1)"]
    audited = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "outcomes.exported")).one()
    assert (audited.changes["name"], audited.changes["rows"]) == ("crdc", 1)
    second = make_user(Role.DISTRICT)
    client = client_as(make_user(Role.DISTRICT))
    for name in ("crdc", "state"):
        answer = client.submit(f"/outcomes/files/{name}.csv?year=2026-27", {"reason": REASON})
        assert answer.mimetype == "text/csv"
        assert len(answer.get_data(as_text=True).splitlines()) == {"crdc": 3, "state": 9}[name]
    networked = UserFactory()
    RoleGrantFactory(user_id=networked.id, role=Role.DISTRICT, network="North")
    address = "/outcomes/files/crdc.csv?year=2026-27"
    for other in (make_user(Role.ADMINISTRATOR, school), networked):
        assert client_as(other).get(address).status_code == 404
        assert "files/crdc" not in client_as(other).get("/outcomes").get_data(as_text=True)
    assert "files/crdc" in client.get("/outcomes").get_data(as_text=True)
    told = select(OutboxMessage.recipient_id).where(OutboxMessage.kind == "export_made")
    assert list(db.session.scalars(told)) == [second.id, second.id]
