"""The columns of the federal collection (CRDC) and what each counts; pure. Names are those of its public-use files of
2021-22."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from wss_cases.incidents.incident.states import Place
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.safeguards.restraint.models import RestraintKind

OFFENSES: Final = (
    "SCH_OFFENSE_BATT", "SCH_OFFENSE_ROBWW", "SCH_OFFENSE_ROBWOW", "SCH_OFFENSE_ATTWW", "SCH_OFFENSE_ATTWOW",
    "SCH_OFFENSE_THRWW", "SCH_OFFENSE_THRWOW", "SCH_OFFENSE_POSSWX",
)  # fmt: skip
"""The gravest first: an incident counts once, under its gravest offense. Since 2020-21 firearms are among the weapons
(WW)."""
ALLEGATIONS: Final = (
    "SCH_HBALLEGATIONS_SEX", "SCH_HBALLEGATIONS_RAC", "SCH_HBALLEGATIONS_DIS", "SCH_HBALLEGATIONS_ORI",
    "SCH_HBALLEGATIONS_REL",
)  # fmt: skip
NOT_HELD: Final = (
    "SCH_OFFENSE_RAPE", "SCH_FIREARM_IND", "SCH_HOMICIDE_IND", "SCH_DISC*_EXPWE_*", "SCH_DISC*_EXPWOE_*",
    "SCH_DISC*_EXPZT_*", "SCH_DISC*_ARR_*", "SCH_DISC*_CORP_*", "SCH_HBREPORTED_*", "SCH_HBDISCIPLINED_*",
    "SCH_PSDISC_*", "SCH_PSOOSINSTANCES_*", "SCH_RSINSTANCES_MECH_*", "SCH_RS_*_MECH_*",
)  # fmt: skip
"""Columns left out because no record here tells them apart; a zero would be a false claim."""

BIAS: Final = {
    "sex": "SCH_HBALLEGATIONS_SEX",
    "gender_identity": "SCH_HBALLEGATIONS_SEX",
    "race": "SCH_HBALLEGATIONS_RAC",
    "immigration": "SCH_HBALLEGATIONS_RAC",
    "disability": "SCH_HBALLEGATIONS_DIS",
    "sexual_orientation": "SCH_HBALLEGATIONS_ORI",
    "religion": "SCH_HBALLEGATIONS_REL",
}
AT_SCHOOL: Final = frozenset({Place.ON_GROUNDS, Place.VEHICLE, Place.SCHOOL_EVENT, None})
"""Places where an offense counts. A place not known yet counts as the school."""
RACES: Final = {
    "hispanic": "HI", "american_indian": "AM", "asian": "AS", "pacific_islander": "HP", "black": "BL",
    "white": "WH", "two_or_more": "TR",
}  # fmt: skip
SEXES: Final = {"male": "M", "female": "F"}
MEASURES: Final = ("ISS", "SINGOOS", "MULTOOS", "TFRALT", "REF")
SUSPENDED: Final = DisciplineKind.OUT_OF_SCHOOL_SUSPENSION
STUDENT_MEASURE: Final = {DisciplineKind.IN_SCHOOL_SUSPENSION: "ISS", DisciplineKind.ALTERNATIVE_PLACEMENT: "TFRALT"}
INFORMAL: Final = frozenset({DisciplineKind.SENT_HOME, DisciplineKind.EARLY_PICK_UP, DisciplineKind.BUS_REMOVAL})
RESTRAINTS: Final = {RestraintKind.PHYSICAL_RESTRAINT: "PHYS", RestraintKind.ISOLATED_TIME_OUT: "SECL"}
IDENTITY: Final = ("LEAID", "SCHID", "COMBOKEY")
UPLOAD_ID: Final = "SCH_ID"
"""The upload's name for the last of these."""
STANDINGS: Final = ("WODIS", "IDEA", "504")
OURS: Final = (
    "expulsion_students", "expulsion_instances", "informal_removal_students", "informal_removal_instances",
    "referral_instances", "students_not_placed", "learners_not_known", "cells_not_reported",
)  # fmt: skip
"""Our own columns, at the end of the file: where the collection splits further than our records do, or has no
column."""


@dataclass(frozen=True)
class Pupil:
    """A student's marks in today's roster; None is not known."""

    race: str | None
    sex: str | None
    iep: bool | None
    section_504: bool | None
    learner: bool | None


def standing(pupil: Pupil) -> str | None:
    """'IDEA', '504' (Section 504 alone) or 'WODIS' (neither); None when the roster does not say."""
    if pupil.iep:
        return "IDEA"
    if pupil.iep is None or pupil.section_504 is None:
        return None
    return "504" if pupil.section_504 else "WODIS"


def could_be(pupil: Pupil, of: Callable[[Pupil], Iterable[str]]) -> frozenset[str]:
    """The columns a student may belong to besides those of `of`, trying every value for each unknown mark."""
    return frozenset(column for filling in _fillings(pupil) for column in of(filling)) - frozenset(of(pupil))


@lru_cache(maxsize=5_000)
def _fillings(pupil: Pupil) -> tuple[Pupil, ...]:
    races = (pupil.race,) if pupil.race in RACES else tuple(RACES)
    sexes = (pupil.sex,) if pupil.sex is not None else tuple(SEXES)
    plans = _either(pupil.iep), _either(pupil.section_504)
    return tuple(Pupil(*marks) for marks in product(races, sexes, *plans, _either(pupil.learner)))


def _either(mark: bool | None) -> tuple[bool, ...]:
    return (True, False) if mark is None else (mark,)


def cells(measure: str, pupil: Pupil) -> list[str]:
    """The columns in which a student counts for a measure; empty when a mark they need is not known."""
    group_key, sex, race = standing(pupil), SEXES.get(pupil.sex or ""), RACES.get(pupil.race or "")
    if group_key is None or sex is None or race is None:
        return []
    if group_key == "504":
        return [f"SCH_DISCWDIS_{measure}_504_{sex}"]
    prefix = f"SCH_DISCWODIS_{measure}" if group_key == "WODIS" else f"SCH_DISCWDIS_{measure}"
    group = race if group_key == "WODIS" else f"IDEA_{race}"
    return [f"{prefix}_{group}_{sex}", *([f"{prefix}_EL_{sex}"] if pupil.learner else [])]


def by_standing(prefix: str, pupil: Pupil) -> list[str]:
    """The column of an instance by its student's disability; empty when that is not known."""
    plan = standing(pupil)
    return [f"{prefix}_{plan}"] if plan else []


def missed(pupil: Pupil) -> list[str]:
    """The columns of a student's days missed: by race, as a learner, or with a plan; empty when the sex is not
    known."""
    sex, plan = SEXES.get(pupil.sex or ""), standing(pupil)
    groups = [RACES.get(pupil.race or ""), "EL" if pupil.learner else None, plan if plan != "WODIS" else None]
    return [f"SCH_DAYSMISSED_{group}_{sex}" for group in groups if group and sex]


def restrained(kind: str, pupil: Pupil) -> list[str]:
    """The columns of a student restrained or secluded: with or without an IEP, by race, as a learner, or with a Section
    504 plan alone; empty when a mark they need is not known."""
    race, sex = RACES.get(pupil.race or ""), SEXES.get(pupil.sex or "")
    if pupil.iep is None or race is None or sex is None:
        return []
    alone = not pupil.iep and pupil.section_504
    groups = [race, "EL" if pupil.learner else None, "504" if alone else None]
    prefix = f"SCH_RS_{'IDEA' if pupil.iep else 'NONIDEA'}_{kind}"
    return [f"{prefix}_{group}_{sex}" for group in groups if group]


def columns() -> tuple[str, ...]:
    """Every column of the file after those that name the school."""
    sexes, races = SEXES.values(), RACES.values()
    students: list[str] = []
    for measure in MEASURES:
        for prefix, middle in ((f"SCH_DISCWODIS_{measure}_", ""), (f"SCH_DISCWDIS_{measure}_", "IDEA_")):
            students += [f"{prefix}{middle}{race}_{sex}" for race in races for sex in sexes]
            students += [f"{prefix}EL_{sex}" for sex in sexes]
        students += [f"SCH_DISCWDIS_{measure}_504_{sex}" for sex in sexes]
    instances = [f"SCH_OOSINSTANCES_{plan}" for plan in STANDINGS]
    instances += [f"SCH_RSINSTANCES_{kind}_{plan}" for kind in RESTRAINTS.values() for plan in STANDINGS]
    for kind, plan in product(RESTRAINTS.values(), ("NONIDEA", "IDEA")):
        groups = (*races, "EL", *(("504",) if plan == "NONIDEA" else ()))
        students += [f"SCH_RS_{plan}_{kind}_{group}_{sex}" for group in groups for sex in sexes]
    missed = [f"SCH_DAYSMISSED_{group}_{sex}" for group in (*races, "EL", "504", "IDEA") for sex in sexes]
    return (*OFFENSES, *ALLEGATIONS, *students, *instances, *missed, *OURS)


def offense(mapped: Collection[str], weapon: str | None) -> str | None:
    """The column of an incident's gravest offense, by the columns of its behaviors and its weapon; None without an
    offense."""
    ending = "WW" if weapon in ("firearm", "other") else "WOW"
    armed = {column[: -len("WOW")] + ending if column.endswith("WOW") else column for column in mapped}
    carried = "SCH_OFFENSE_POSSWX" if weapon == "firearm" else None
    return next((column for column in OFFENSES if column in armed), carried)


def allegations(mapped: Collection[str], bullying: bool, bias: str | None) -> set[str]:
    """The grounds on which an incident alleges harassment or bullying."""
    by_bias = {BIAS[bias]} if bullying and bias in BIAS else set()
    return {column for column in mapped if column in ALLEGATIONS} | by_bias
