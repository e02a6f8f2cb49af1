"""An invented published file for pictures of the history: nothing of a real district may stand in docs/screenshots."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from tests.support.databases import ROOT

SAMPLE = ROOT / "tests" / "data" / "metrics.csv"
TREES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Hazel", "Juniper", "Maple", "Oak", "Pine", "Rowan")
SCHOOLS = tuple(f"{tree} {kind}" for tree in TREES for kind in ("HS", "Elementary"))
CHARTER = "Larch Charter"
FIRST, LAST = 2013, 2021
REMOTE = 2020
OUTLIER = ("Birch HS", 2016)
"""One school in one year, with more than a tenth of the district's incidents."""


def write_history(folder: Path) -> Path:
    """Write the file, the same whenever it is written, and return it."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as opened:
        columns = next(csv.reader(opened))
    pick, path = random.Random(2013), folder / "metrics.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="--")
        writer.writeheader()
        for year in range(FIRST, LAST + 1):
            for number, name in enumerate(SCHOOLS):
                writer.writerow(_named(5000 + number, name, "Network 1", year) | _figures(pick, columns, name, year))
            writer.writerow(_named(5900, CHARTER, "Charter", year) | {"# of Students Expelled": pick.randint(0, 3)})
    return path


def _named(number: int, name: str, network: str, year: int) -> dict[str, object]:
    years = f"{year}-{year + 1}"
    return {
        "School ID": number,
        "School Name": name,
        "School Network": network,
        "School Year": years,
        "Time Period": "EOY",
    }


def _figures(pick: random.Random, columns: list[str], name: str, year: int) -> dict[str, object]:
    """Falling with the years, and hardly anything in the remote one."""
    share = 0.05 if year == REMOTE else 1 - 0.08 * (year - FIRST)
    small, middle, large = (round(pick.randint(low, 2 * low) * share) for low in (90, 50, 8))
    if (name, year) == OUTLIER:
        small *= 16
    iss, oss, police = (round(pick.randint(low, 2 * low) * share) for low in (20, 25, 4))
    found = {
        "# of Misconducts": small + middle + large, "# of Group 1-2 Misconducts": small,
        "# of Group 3-4 Misconducts": middle, "# of Group 5-6 Misconducts": large,
        "# of Suspensions (includes ISS and OSS)": iss + oss, "# of ISS": iss, "# of OSS": oss,
        "# of Unique Students Receiving ISS": iss, "# of Unique Students Receiving OSS": oss,
        "# of Police Notifications": police, "# of Unique Students Receiving Police Notification": police,
        "# of Students Expelled": pick.randint(0, 2),
    }  # fmt: skip
    assert set(found) <= set(columns), sorted(set(found) - set(columns))
    return {**found}
