"""Small rosters in OneRoster 1.1, 1.2 and SDS 2.1, written by the tests; every person is made up."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wss_cases.access.actor import SYSTEM
from wss_cases.roster.import_files import Counts, Report
from wss_cases.roster.oneroster.actions import Accepted, import_oneroster

NOW = datetime(2026, 11, 24, 16, tzinfo=UTC)
ORGS = ("sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId")
USERS = (
    "sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username", "userIds",
    "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades",
    "password",
)  # fmt: skip
NEWER_USERS = (
    "sourcedId", "status", "dateLastModified", "enabledUser", "username", "userIds", "givenName", "familyName",
    "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password",
    "preferredGivenName", "preferredMiddleName", "preferredFamilyName", "primaryOrgSourcedId",
)  # fmt: skip
ROLES = (
    "sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate",
    "orgSourcedId",
)  # fmt: skip
DEMOGRAPHICS = (
    "sourcedId", "status", "dateLastModified", "birthDate", "sex", "americanIndianOrAlaskaNative", "asian",
    "blackOrAfricanAmerican", "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
    "hispanicOrLatinoEthnicity",
)  # fmt: skip
Row = Mapping[str, str]


def table(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a CSV file; a row's missing cells are blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def org(key: str, kind: str = "school", parent: str = "d1", **more: str) -> Row:
    name = f"Willow Street {key}" if kind == "school" else "Prairie District"
    return {"sourcedId": key, "name": name, "type": kind, "parentSourcedId": parent, **more}


def user(number: int, role: str = "student", school: str = "s1", **more: str) -> Row:
    """Return a row of users.csv in version 1.1."""
    return {
        "sourcedId": f"u{number}", "enabledUser": "true", "orgSourcedIds": school, "role": role,
        "username": f"user{number}", "givenName": f"Given{number}", "familyName": "Hazelton",
        "grades": "09" if role == "student" else "", "password": "hunter2-in-the-clear", **more,
    }  # fmt: skip


DISTRICT = (org("d1", "district", ""), org("s1"), org("s2"))


def roster(users: Sequence[Row], orgs: Sequence[Row] = DISTRICT, **more: str) -> dict[str, str]:
    """Return the files of a 1.1 roster; `more` is further files by name, as text."""
    return {"orgs": table(ORGS, orgs), "users": table(USERS, users), **more}


def manifest(version: str = "1.1", **files: str) -> str:
    pairs = {"oneroster.version": version, **{f"file.{name}": how for name, how in files.items()}}
    return table(("propertyName", "value"), [{"propertyName": name, "value": value} for name, value in pairs.items()])


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into an emptied folder."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{name}.csv").write_bytes(data)
    return folder


def zipped(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a zip; names are taken as they are, with .csv where they have no ending."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name if "." in name else f"{name}.csv", content)
    return path


def take(path: Path, now: datetime = NOW, source: str = "", *, dry_run: bool = False, **accepted: Any) -> Report:
    """Import as the operator's command does; `accepted` is shrink, new_source or refused."""
    return import_oneroster(SYSTEM, path, now, source, accept=Accepted(**accepted), dry_run=dry_run)


def counts(report: Report, file: str) -> tuple[int, int, int, int]:
    found: Counts = report.files[f"{file}.csv"]
    return found.created, found.updated, found.unchanged, found.refused
