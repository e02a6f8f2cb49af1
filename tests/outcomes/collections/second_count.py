"""The federal counts a second time, from the rows in plain SQL and loops: nothing of the product's counting."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import product
from typing import Any

from sqlalchemy import text

from wss_cases.foundation.db import db

Period = tuple[str, str]
"""First and last day, as a date is written."""
AUTUMN: Period = ("2026-08-01", "2026-11-24")
RACE = {
    "hispanic": "HI", "american_indian": "AM", "asian": "AS", "pacific_islander": "HP", "black": "BL", "white": "WH",
    "two_or_more": "TR",
}  # fmt: skip
WOW = {"ATTWOW", "THRWOW", "ROBWOW"}
INFORMAL = ("sent_home", "early_pick_up", "bus_removal")
GRAVEST = ["BATT", "ROBWW", "ROBWOW", "ATTWW", "ATTWOW", "THRWW", "THRWOW", "POSSWX"]
GROUNDS = {"race": "RAC", "gender_identity": "SEX", "religion": "REL"}


def rows_of(statement: str) -> list[Any]:
    return list(db.session.execute(text(statement)).mappings())


def given(school: int, period: Period = AUTUMN) -> tuple[dict[tuple[str, int], list[int]], list[tuple[str, int]], int]:
    """Removals by kind and student, the measures that count students, and how often the police were told."""
    times: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in rows_of(
        "select kind, student_id, days from discipline_action where state = 'standing'"
        f" and starts_on between '{period[0]}' and '{period[1]}' and school_id = {school}"
    ):
        times[row["kind"], row["student_id"]].append(row["days"])
    told = rows_of(
        "select n.id, s.student_id from police_notification n left join notified_student s on s.notification_id = n.id"
        f" where n.school_id = {school} and n.local_date between '{period[0]}' and '{period[1]}'"
    )
    measures = [("REF", student) for student in {row["student_id"] for row in told} - {None}]
    for (kind, student), days in times.items():
        if kind == "out_of_school_suspension":
            measures.append(("MULTOOS" if len(days) > 1 else "SINGOOS", student))
        elif kind in ("in_school_suspension", "alternative_placement"):
            measures.append(("ISS" if kind.startswith("in_") else "TFRALT", student))
    return times, measures, len({row["id"] for row in told})


def claims(school: int, period: Period = AUTUMN) -> set[str]:
    """Every column in which somebody may belong whose marks the roster does not say."""
    pupils, (times, measures, _told) = (
        {row["id"]: row for row in rows_of("select * from student")},
        given(school, period),
    )
    found = {one for measure, student in measures for one in _all(measure, pupils[student])}
    for _kind, student in (key for key in times if key[0] == "out_of_school_suspension"):
        found |= {f"SCH_OOSINSTANCES_{mark}" for mark, _race, _sex, _learner in _fits(pupils[student])}
        found |= {one for fit in _fits(pupils[student]) for one in _missed(*fit)}
    for row in rows_of(f"select * {_restrained(school, period)}"):
        kind = {"physical_restraint": "PHYS", "isolated_time_out": "SECL"}.get(row["kind"])
        if kind:
            found |= {f"SCH_RSINSTANCES_{kind}_{one[0]}" for one in _fits(pupils[row["student_id"]])}
            found |= {one for fit in _fits(pupils[row["student_id"]]) for one in _held(kind, *fit)}
    return found


def _restrained(school: int, period: Period) -> str:
    between = f"local_date between '{period[0]}' and '{period[1]}'"
    return f"from restraint_record where school_id = {school} and {between}"


def _missed(mark: str | None, race: str | None, sex: str | None, learner: Any) -> list[str]:
    groups = [race, "EL" if learner else None, mark if mark in ("IDEA", "504") else None]
    return [f"SCH_DAYSMISSED_{one}_{sex}" for one in groups if one and sex]


def _held(kind: str, mark: str, race: str, sex: str | None, learner: Any) -> list[str]:
    groups = [race, "EL" if learner else None, "504" if mark == "504" else None]
    return [f"SCH_RS_{'IDEA' if mark == 'IDEA' else 'NONIDEA'}_{kind}_{one}_{sex}" for one in groups if one and sex]


def _all(measure: str, row: Any) -> set[str]:
    found = set()
    for mark, race, sex, learner in _fits(row):
        start = f"SCH_DISC{'WODIS' if mark == 'WODIS' else 'WDIS'}_{measure}"
        if sex and mark == "504":
            found.add(f"{start}_504_{sex}")
        elif sex:
            found.add(f"{start}{'' if mark == 'WODIS' else '_IDEA'}_{race}_{sex}")
            found |= {f"{start}_EL_{sex}"} if learner else set()
    return found


def _fits(row: Any) -> list[tuple[str, str, str | None, bool]]:
    """Disability, race, sex and language that a student may have, of what the roster leaves open."""
    marks = {"IDEA"} if row["has_iep"] or row["has_iep"] is None else set()
    if not row["has_iep"]:
        marks |= {"504"} if row["has_504"] or row["has_504"] is None else set()
        marks |= set() if row["has_504"] else {"WODIS"}
    races = [RACE[row["race_ethnicity"]]] if row["race_ethnicity"] else RACE.values()
    sexes = ["M", "F"] if row["sex"] is None else [_sex(row)]
    learners = [True, False] if row["is_english_learner"] is None else [bool(row["is_english_learner"])]
    return list(product(marks, races, sexes, learners))


def federal(school: int, period: Period = AUTUMN) -> Counter[str]:
    found: Counter[str] = Counter()
    pupils = {row["id"]: row for row in rows_of("select * from student")}
    times, measures, found["referral_instances"] = given(school, period)
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
    for row in rows_of(f"select * {_restrained(school, period)}"):
        mark = _standing(pupils[row["student_id"]])
        kind = {"physical_restraint": "PHYS", "isolated_time_out": "SECL"}.get(row["kind"])
        if mark and kind:
            found[f"SCH_RSINSTANCES_{kind}_{mark}"] += 1
    for kind, name in (("physical_restraint", "PHYS"), ("isolated_time_out", "SECL")):
        for student in rows_of(f"select distinct student_id as id {_restrained(school, period)} and kind = '{kind}'"):
            row = pupils[student["id"]]
            plan = "IDEA" if row["has_iep"] else "504" if row["has_504"] else "WODIS"
            race, sex = RACE.get(row["race_ethnicity"]), _sex(row)
            if row["has_iep"] is not None and race:
                found.update(_held(name, plan, race, sex, row["is_english_learner"]))
    _offenses(school, period, found)
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
                found[f"{start}_EL_{sex}"] += 1
    found["students_not_placed"], found["learners_not_known"] = len(unplaced), len(unknown)


def _offenses(school: int, period: Period, found: Counter[str]) -> None:
    coded = defaultdict(set)
    for row in rows_of(
        "select p.incident_id, b.crdc from incident_person p join behavior_code b on b.id = p.behavior_code_id"
        " where p.role in ('caused_harm', 'both') and b.crdc <> ''"
    ):
        coded[row["incident_id"]].add(row["crdc"])
    for row in rows_of(
        f"select * from incident where school_id = {school} and state <> 'duplicate'"
        f" and local_date between '{period[0]}' and '{period[1]}'"
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
        short = {"firearm": "W", "other": "W"}.get(row["weapon"])
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
