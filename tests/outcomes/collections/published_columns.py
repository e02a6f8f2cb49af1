"""The columns of the federal collection's public-use files, as programs that read the published files name them.

Of 2017-18 a whole table of transfers and the columns of suspensions, referrals, restraint and offenses; of 2020-21
those of offenses; of 2021-22 the names that changed. The file of restraint and seclusion is known to have 131 columns,
eight of them of the school: what is made here comes to the other 123. Totals (`TOT_`) and the third sex (`_X`) are left
out.
"""

from __future__ import annotations

from itertools import product

RACES = ("HI", "AM", "AS", "HP", "BL", "WH", "TR")
SEXES = ("M", "F")
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
        | {f"SCH_DAYSMISSED_{one}_{sex}" for one in (*RACES, "EL", "504", "IDEA") for sex in SEXES}
        | {f"SCH_PSDISC_{kind}_{one}_{sex}" for kind in ("SINGOOS", "MULTOOS") for one in RACES for sex in SEXES}
        | {f"SCH_PSOOSINSTANCES_{one}" for one in ("ALL", "IDEA")},
        "Expulsions": _disciplined("EXPWE", "EXPWOE", "EXPZT"),
        "Transfers": _disciplined("TFRALT"),
        "Referrals and Arrests": _disciplined("REF", "ARR"),
        "Harassment and Bullying": {f"SCH_HBALLEGATIONS_{one}" for one in GROUNDS}
        | {
            f"SCH_HB{what}_{ground}_{one}_{sex}"
            for what, ground in product(("REPORTED", "DISCIPLINED"), ("SEX", "RAC", "DIS"))
            for one, sex in product((*RACES, "EL", "504", "IDEA"), SEXES)
        },
        "Restraint and Seclusion": {
            f"SCH_RSINSTANCES_{kind}_{one}" for kind in ("MECH", "PHYS", "SECL") for one in ("WODIS", "IDEA", "504")
        }
        | {one for kind in ("MECH", "PHYS", "SECL") for one in _restrained(kind)},
    }


def _disciplined(*kinds: str) -> set[str]:
    found = set()
    for kind, sex in product(kinds, SEXES):
        found |= {f"SCH_DISCWODIS_{kind}_{one}_{sex}" for one in (*RACES, "EL")}
        found |= {f"SCH_DISCWDIS_{kind}_IDEA_{race}_{sex}" for race in RACES}
        found |= {f"SCH_DISCWDIS_{kind}_{one}_{sex}" for one in ("EL", "504")}
    return found


def _restrained(kind: str) -> set[str]:
    groups = {"NONIDEA": (*RACES, "EL", "504"), "IDEA": (*RACES, "EL")}
    return {f"SCH_RS_{plan}_{kind}_{one}_{sex}" for plan, some in groups.items() for one in some for sex in SEXES}
