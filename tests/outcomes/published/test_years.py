"""The nine published years to the unit, by school and district, against the file itself, read with csv alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.factories.accounts import make_user
from tests.factories.incidents import make_incident
from tests.factories.roster import SchoolFactory, make_calendar
from tests.outcomes.published.test_import import take_in
from tests.outcomes.recount.shown import rows
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Element
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.outcomes.published.queries import PublishedSchool, PublishedYear

ClientAs = Callable[[Any], PageClient]
REAL = "cps/CPS_misconduct_suspension_police_by_school_2014_2022.csv"
YEARS = tuple(f"{first}-{first % 100 + 1}" for first in range(2013, 2022))
COLUMNS = {
    "misconducts": "# of Misconducts",
    "group_1_2": "# of Group 1-2 Misconducts",
    "group_3_4": "# of Group 3-4 Misconducts",
    "group_5_6": "# of Group 5-6 Misconducts",
    "iss": "# of ISS",
    "oss": "# of OSS",
    "police_notifications": "# of Police Notifications",
    "students_notified": "# of Unique Students Receiving Police Notification",
    "expelled": "# of Students Expelled",
}
TOTALS = {
    "2013-14": (120_384, 58_872, 53_210, 8_302, 38_009, 49_610, 4_336, 3_548, 495),
    "2016-17": (100_348, 62_010, 32_323, 6_015, 21_546, 16_594, 2_675, 2_218, 257),
    "2018-19": (76_720, 42_583, 26_345, 7_792, 21_194, 11_627, 1_757, 1_488, 171),
    "2019-20": (48_279, 26_510, 18_743, 3_026, 9_002, 6_014, 1_722, 1_443, 72),
    "2020-21": (3_896, 2_342, 1_390, 164, 1, 42, 72, 59, 4),
    "2021-22": (72_276, 43_356, 24_047, 4_873, 6_106, 9_982, 1_362, 1_190, 113),
}
"""As they stand beside the data, for six of the nine: school year to the figures of COLUMNS."""
OCTOBER = date(2026, 10, 6)
OUTLIER = ("609739", "2016-17", 12_606)
"""The one school that stands far above all others."""


class File:
    """The published file: whole-year rows by school year and school, `None` for what is suppressed."""

    def __init__(self, path: Path) -> None:
        self.years: dict[str, dict[str, dict[str, int | None]]] = {year: {} for year in YEARS}
        self.charters: set[str] = set()
        self.suppressed = 0
        with path.open(encoding="utf-8-sig", newline="") as opened:
            for row in csv.DictReader(opened):
                self.suppressed += list(row.values()).count("--")
                if row["Time Period"] != "EOY":
                    continue
                first, last = row["School Year"].split("-")
                number = row["School ID"]
                self.years[f"{first}-{last[2:]}"][number] = {
                    name: None if row[column] == "--" else int(row[column]) for name, column in COLUMNS.items()
                }
                if row["School Network"] == "Charter":
                    self.charters.add(number)

    def total(self, year: str) -> dict[str, int]:
        schools = self.years[year].values()
        return {name: sum(one[name] or 0 for one in schools) for name in COLUMNS}


@pytest.fixture
def file(app: Flask, session: Any, shared_data: Path, at: Any) -> File:
    """The real file, imported and read a second time."""
    at("2026-11-24 10:00")
    status, document = take_in(app, shared_data / REAL)
    assert (status, document["problems"]) == (0, [])
    created = {"created": 9_220, "updated": 0, "unchanged": 0, "refused": 0}
    assert document["files"][Path(REAL).name] == created
    return File(shared_data / REAL)


def report(app: Flask, year: str, *more: str) -> Any:
    done = app.test_cli_runner().invoke(args=["outcomes", "report", "history", "--school-year", year, *more])
    assert done.exit_code == 0
    return done.stdout


def test_every_school_and_the_district_of_all_nine_years(app: Flask, file: File) -> None:
    assert {year: tuple(file.total(year).values()) for year in TOTALS} == TOTALS
    for year in YEARS:
        document = json.loads(report(app, year, "--format", "json"))
        assert document["district"] == file.total(year)
        shown = {one["school_id"]: {name: one[name] for name in COLUMNS} for one in document["schools"]}
        assert shown == file.years[year]
        for one in document["schools"]:
            hidden = [name for name in COLUMNS if file.years[year][one["school_id"]][name] is None]
            assert one["suppressed"] == hidden
            assert one["charter"] == (one["school_id"] in file.charters)
            assert (hidden == [name for name in COLUMNS if name != "expelled"]) == one["charter"]
        lines = csv.DictReader(io.StringIO(report(app, year, "--format", "csv").removeprefix("\ufeff")))
        written = {line["school_id"]: [line[name] for name in COLUMNS] for line in lines if line["school_id"]}
        assert written == {
            number: ["suppressed" if value is None else str(value) for value in one.values()]
            for number, one in file.years[year].items()
        }


def test_the_file_holds_its_invariants(file: File) -> None:
    kept = db.session.scalars(db.select(PublishedYear)).all()
    assert sum(len(row.suppressed) for row in kept) == file.suppressed == 12_581
    assert sum((row.suspension_percent or 0) > 100 for row in kept) > 0
    for row in kept:
        if row.misconducts is not None:
            assert row.group_1_2 + row.group_3_4 + row.group_5_6 == row.misconducts
            assert row.iss + row.oss == row.suspensions


def figures(page: Element) -> dict[str, list[str]]:
    return rows(page, "School year", "Incidents (published as misconducts)", "Groups 1–2")


def words(values: Any) -> list[str]:
    return ["suppressed" if value is None else f"{value:,}" for value in values]


def test_the_pages_of_the_district_of_schools_and_of_a_charter(file: File, client_as: ClientAs) -> None:
    make_calendar(OCTOBER, OCTOBER)
    number, year_of_it, incidents = OUTLIER
    here = SchoolFactory(identifier=number)
    for _ in range(3):
        make_incident(here, local_date=OCTOBER)
    client = client_as(make_user(Role.DISTRICT))
    district = client.page("/outcomes/history")
    outlier = next(school for school in published() if school.identifier == number)
    shown = figures(district)
    assert list(shown) == [year.replace("-", "–") for year in (*YEARS, "2026-27")]
    chart = next(one for one in district.find_all("figure") if "misconducts" in one.text)
    assert f"{year_of_it.replace('-', '–')}: {outlier.name} alone had {incidents:,}" in chart.text.replace("\u2060", "")
    marked = [one.text for one in chart.find_all("text") if "chart-value" in one.get("class")]
    assert marked == [f"{file.total(year)['misconducts']:,}" for year in (YEARS[0], year_of_it)] + ["3 so far"]
    for year in YEARS:
        cells = shown[year.replace("-", "–")]
        assert cells[:9] == words(file.total(year).values())
    assert shown["2026–27"] == ["3", "0", "3", "0", "0", "0", "0", "0", "0", "1", "counted here, so far"]
    for one in (number, *sorted(file.charters)[:2], *sorted(set(file.years["2021-22"]) - file.charters)[:2]):
        name = next(school.name for school in published() if school.identifier == one)
        found = client.page(f"/outcomes/history/schools?q={name}").find_all("main")[0]
        link = next(a.get("href") for a in found.find_all("a") if a.text == name)
        own = figures(client.page(link))
        for year in [year for year in YEARS if one in file.years[year]]:
            assert own[year.replace("-", "–")][:9] == words(file.years[year][one].values())
        assert ("2026–27" in own) == (one == number)


def published() -> list[PublishedSchool]:
    return list(db.session.scalars(db.select(PublishedSchool)))
