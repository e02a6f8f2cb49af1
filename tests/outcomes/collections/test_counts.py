"""The federal and the State's counts against a second count from the rows themselves; and their way out."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.factories.accounts import RoleGrantFactory, UserFactory, make_user
from tests.factories.safeguards import DisciplineActionFactory
from tests.outcomes.making.small_district import Made
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, Place
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.outcomes.collections.federal import rules as rules_federal
from wss_cases.outcomes.collections.state import rules as rules_state
from wss_cases.safeguards.discipline.removals.states import ActionState, DisciplineKind
from wss_cases.safeguards.restraint.models import RestraintRecord
from wss_cases.safeguards.restraint.states import RestraintKind

RACE = {"hispanic": "HI", "black": "BL", "white": "WH", "asian": "AS"}
WOW = {"ATTWOW", "THRWOW", "ROBWOW"}
INFORMAL = ("sent_home", "early_pick_up", "bus_removal")
DAYS = (date(2026, 6, 1), date(2026, 9, 2), date(2026, 10, 5), date(2026, 11, 24))
BANDS = (("0_days", 0), ("1_day", 1), ("2_to_3_days", 3), ("4_to_10_days", 10), ("11_and_more_days", 99))
HURTING = {
    "fight", "fight_group", "hurt_someone", "hurt_badly", "pushing", "threat", "took_by_force", "sexual_contact",
}  # fmt: skip
REASON = "For the collection of the State Board in December."
GRAVEST = ["BATT", "ROBWX", "ROBWW", "ROBWOW", "ATTWX", "ATTWW", "ATTWOW", "THRWX", "THRWW", "THRWOW", "POSSWX"]
GROUNDS = {"race": "RAC", "gender_identity": "SEX", "religion": "REL"}


@pytest.fixture(params=[1, 2, 3])
def made(session: Any, at: Any, request: pytest.FixtureRequest) -> Made:
    """A random district: marks are missing, students repeat (one is sent home twice), reports are of every kind."""
    at("2026-11-24 10:00")
    district = Made(seed=request.param, incidents=70)
    pick = random.Random(request.param)
    codes = list(db.session.scalars(select(BehaviorCode).where(BehaviorCode.code_set == "groups")))
    kinds = [*DisciplineKind, *[DisciplineKind.OUT_OF_SCHOOL_SUSPENSION] * 5]
    for student in district.students:
        student.race_ethnicity = pick.choice((None, *RACE, *RACE))
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


def rows_of(statement: str) -> list[Any]:
    """Plain SQL."""
    return list(db.session.execute(text(statement)).mappings())


@pytest.mark.both_databases
def test_the_federal_counts_are_those_of_a_second_count(app: Flask, made: Made) -> None:
    found = counts(app, "crdc")
    names = {school.name: school.id for school in made.schools}
    assert {one["school"] for one in found} == set(names)
    for one in found:
        assert tuple(one["counts"]) == rules_federal.columns(), "every column, in its order, zero not blank"
        got = {column: number for column, number in one["counts"].items() if number}
        open_ = {column for column, number in one["counts"].items() if number is None}
        assert got.pop("cells_not_reported", 0) == len(open_)
        assert got == dict(_federal(names[one["school"]]))
        assert open_ == _claims(names[one["school"]]) - set(got), "where somebody is not known, zero is no answer"
    total = sum((Counter({name: number or 0 for name, number in one["counts"].items()}) for one in found), Counter())
    held = {column.split("_")[2] for column in total if column.startswith("SCH_DISC")}
    assert held >= {"ISS", "SINGOOS", "MULTOOS", "REF"}
    assert total["students_not_placed"] and total["informal_removal_students"] < total["informal_removal_instances"]


def _given(school: int) -> tuple[dict[tuple[str, int], list[int]], list[tuple[str, int]], int]:
    """Removals by kind and student, the measures that count students, and how often the police were told."""
    times: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in rows_of(
        "select kind, student_id, days from discipline_action where state = 'standing'"
        f" and starts_on between '2026-08-01' and '2026-11-24' and school_id = {school}"
    ):
        times[row["kind"], row["student_id"]].append(row["days"])
    told = rows_of(
        "select n.id, s.student_id from police_notification n left join notified_student s on s.notification_id = n.id"
        f" where n.school_id = {school} and n.local_date between '2026-08-01' and '2026-11-24'"
    )
    measures = [("REF", student) for student in {row["student_id"] for row in told} - {None}]
    for (kind, student), days in times.items():
        if kind == "out_of_school_suspension":
            measures.append(("MULTOOS" if len(days) > 1 else "SINGOOS", student))
        elif kind in ("in_school_suspension", "alternative_placement"):
            measures.append(("ISS" if kind.startswith("in_") else "TFRALT", student))
    return times, measures, len({row["id"] for row in told})


def _claims(school: int) -> set[str]:
    """Every column in which somebody may belong whose marks the roster does not say."""
    pupils, (times, measures, _told) = {row["id"]: row for row in rows_of("select * from student")}, _given(school)
    found = {one for measure, student in measures for one in _all(measure, pupils[student])}
    for _kind, student in (key for key in times if key[0] == "out_of_school_suspension"):
        found |= {f"SCH_OOSINSTANCES_{mark}" for mark, _race, _sex, _learner in _fits(pupils[student])}
        found |= {one for fit in _fits(pupils[student]) for one in _missed(*fit)}
    for row in rows_of(f"select * from restraint_record where school_id = {school}"):
        kind = {"physical_restraint": "PHYS", "isolated_time_out": "SECL"}.get(row["kind"])
        if kind:
            found |= {f"SCH_RSINSTANCES_{kind}_{one[0]}" for one in _fits(pupils[row["student_id"]])}
            found |= {one for fit in _fits(pupils[row["student_id"]]) for one in _held(kind, *fit)}
    return found


def _missed(mark: str | None, race: str | None, sex: str | None, learner: Any) -> list[str]:
    groups = [race, "LEP" if learner else None, mark if mark in ("IDEA", "504") else None]
    return [f"SCH_DAYSMISSED_{one}_{sex}" for one in groups if one and sex]


def _held(kind: str, mark: str, race: str, sex: str | None, learner: Any) -> list[str]:
    groups = [race, "LEP" if learner else None, "504" if mark == "504" else None]
    return [f"SCH_RS_{'IDEA' if mark == 'IDEA' else 'NONIDEA'}_{kind}_{one}_{sex}" for one in groups if one and sex]


def _all(measure: str, row: Any) -> set[str]:
    found = set()
    for mark, race, sex, learner in _fits(row):
        start = f"SCH_DISC{'WODIS' if mark == 'WODIS' else 'WDIS'}_{measure}"
        if sex and mark == "504":
            found.add(f"{start}_504_{sex}")
        elif sex:
            found.add(f"{start}{'' if mark == 'WODIS' else '_IDEA'}_{race}_{sex}")
            found |= {f"{start}_LEP_{sex}"} if learner else set()
    return found


def _fits(row: Any) -> list[tuple[str, str, str | None, bool]]:
    """Disability, race, sex and language that a student may have, of what the roster leaves open."""
    marks = {"IDEA"} if row["has_iep"] or row["has_iep"] is None else set()
    if not row["has_iep"]:
        marks |= {"504"} if row["has_504"] or row["has_504"] is None else set()
        marks |= set() if row["has_504"] else {"WODIS"}
    races = [RACE[row["race_ethnicity"]]] if row["race_ethnicity"] else rules_federal.RACES.values()
    sexes = ["M", "F"] if row["sex"] is None else [_sex(row)]
    learners = [True, False] if row["is_english_learner"] is None else [bool(row["is_english_learner"])]
    return list(product(marks, races, sexes, learners))


def _federal(school: int) -> Counter[str]:
    found: Counter[str] = Counter()
    pupils = {row["id"]: row for row in rows_of("select * from student")}
    times, measures, found["referral_instances"] = _given(school)
    for (kind, student), days in times.items():
        if kind == "out_of_school_suspension":
            mark = _standing(pupils[student])
            if mark:
                found[f"SCH_OOSINSTANCES_{mark}"] += len(days)
            row = pupils[student]
            race, sex = RACE.get(row["race_ethnicity"]), _sex(row)
            for column in _missed(mark, race, sex, row["is_english_learner"]):
                found[column] += sum(days)
        elif kind == "expulsion":
            found["expulsion_students"] += 1
            found["expulsion_instances"] += len(days)
    informal = [(student, len(days)) for (kind, student), days in times.items() if kind in INFORMAL]
    found["informal_removal_students"] = len({student for student, _number in informal})
    found["informal_removal_instances"] = sum(number for _student, number in informal)
    _place(measures, pupils, found)
    for row in rows_of(f"select * from restraint_record where school_id = {school}"):
        mark = _standing(pupils[row["student_id"]])
        kind = {"physical_restraint": "PHYS", "isolated_time_out": "SECL"}.get(row["kind"])
        if mark and kind:
            found[f"SCH_RSINSTANCES_{kind}_{mark}"] += 1
    for kind, name in (("physical_restraint", "PHYS"), ("isolated_time_out", "SECL")):
        for student in rows_of(
            f"select distinct student_id as id from restraint_record where kind = '{kind}' and school_id = {school}"
        ):
            row = pupils[student["id"]]
            plan = "IDEA" if row["has_iep"] else "504" if row["has_504"] else "WODIS"
            race, sex = RACE.get(row["race_ethnicity"]), _sex(row)
            if row["has_iep"] is not None and race:
                found.update(_held(name, plan, race, sex, row["is_english_learner"]))
    _offenses(school, found)
    return Counter({column: number for column, number in found.items() if number})


def _place(measures: list[tuple[str, int]], pupils: dict[int, Any], found: Counter[str]) -> None:
    unplaced, unknown = set(), set()
    for measure, student in measures:
        row = pupils[student]
        mark, race, sex = _standing(row), RACE.get(row["race_ethnicity"]), _sex(row)
        if row["is_english_learner"] is None:
            unknown.add(student)
        if not (mark and race and sex):
            unplaced.add(student)
        elif mark == "504":
            found[f"SCH_DISCWDIS_{measure}_504_{sex}"] += 1
        else:
            start = f"SCH_DISC{'WODIS' if mark == 'WODIS' else 'WDIS'}_{measure}"
            found[f"{start}{'' if mark == 'WODIS' else '_IDEA'}_{race}_{sex}"] += 1
            if row["is_english_learner"]:
                found[f"{start}_LEP_{sex}"] += 1
    found["students_not_placed"], found["learners_not_known"] = len(unplaced), len(unknown)


def _offenses(school: int, found: Counter[str]) -> None:
    coded = defaultdict(set)
    for row in rows_of(
        "select p.incident_id, b.crdc from incident_person p join behavior_code b on b.id = p.behavior_code_id"
        " where p.role in ('caused_harm', 'both') and b.crdc <> ''"
    ):
        coded[row["incident_id"]].add(row["crdc"])
    for row in rows_of(
        f"select * from incident where school_id = {school} and state <> 'duplicate'"
        " and local_date between '2026-08-01' and '2026-11-24'"
    ):
        mapped = coded[row["id"]]
        grounds = {code for code in mapped if "HBALLEG" in code}
        if row["tile"] == "bullying" and row["bias_basis"] in GROUNDS:
            grounds.add(f"SCH_HBALLEGATIONS_{GROUNDS[row['bias_basis']]}")
        found.update(grounds)
        if row["state"] not in ("routed", "closed", "no_further_action") or row["outcome_reason"] == "unfounded":
            continue
        if row["place"] not in (None, "on_grounds", "vehicle"):
            continue
        short = {"firearm": "X", "other": "W"}.get(row["weapon"])
        plain = {code.removeprefix("SCH_OFFENSE_") for code in mapped}
        acts = {act[:-2] + short if short and act in WOW else act for act in plain}
        gravest = next((act for act in GRAVEST if act in acts), "POSSWX" if row["weapon"] == "firearm" else None)
        if gravest:
            found[f"SCH_OFFENSE_{gravest}"] += 1


def _standing(row: Any) -> str | None:
    if row["has_iep"]:
        return "IDEA"
    if row["has_iep"] is None or row["has_504"] is None:
        return None
    return "504" if row["has_504"] else "WODIS"


def _sex(row: Any) -> str | None:
    return {"male": "M", "female": "F"}.get(row["sex"])


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
            if row["days"] is not None:
                bands = (
                    ("0_days", 0),
                    ("1_day", 1),
                    ("2_to_3_days", 3),
                    ("4_to_10_days", 10),
                    ("11_and_more_days", 999),
                )
                wanted["length_" + next(band for band, most in bands if row["days"] <= most)] += 1
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
        assert tuple(got) == rules_state.columns()
        assert {key: number for key, number in got.items() if number} == dict(+wanted), (name, kind)
        groups = {key.rsplit("_not_known", 1)[0] for key in +wanted if key.endswith("_not_known")}
        empty = {key for key, number in got.items() if number is None}
        assert empty == {key for key in set(got) - set(+wanted) if key.startswith(tuple(f"{one}_" for one in groups))}


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
    assert listed == {*rules_federal.OFFENSES, *rules_federal.ALLEGATIONS, *rules_federal.NOT_HELD[:3]}
    with (shared_data / "vocab" / "isbe_incident_types.csv").open(encoding="utf-8", newline="") as stream:
        types = {row["code"]: row for row in csv.DictReader(stream)}
    assert {code: row["label"] for code, row in types.items()} == rules_state.TYPES
    assert {code for code, row in types.items() if row["evidence"] != "seen"} == set(rules_state.UNCONFIRMED)


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
