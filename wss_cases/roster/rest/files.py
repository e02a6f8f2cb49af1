"""What a OneRoster server sends, as the CSV files of the same version: the handlers stay one."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wss_cases.roster.rest.client import Server

Record = Mapping[str, Any]
Cell = Callable[[Record], Any]


def _of(name: str) -> Cell:
    return lambda record: record.get(name)


def _id(name: str) -> Cell:
    return lambda record: (record.get(name) or {}).get("sourcedId")


def _ids(name: str) -> Cell:
    return lambda record: [one.get("sourcedId") for one in record.get(name) or []]


def _same(*names: str) -> dict[str, Cell]:
    return {name: _of(name) for name in names}


_BASE = _same("sourcedId", "status")
_PERSON = {
    **_BASE,
    **_same("enabledUser", "username", "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
    **_same("grades"),
    "agentSourcedIds": _ids("agents"),
}
COLUMNS: dict[str, dict[str, Cell]] = {
    "orgs": {**_BASE, **_same("name", "type", "identifier"), "parentSourcedId": _id("parent")},
    "academicSessions": {**_BASE, **_same("title", "type", "startDate", "endDate"), "parentSourcedId": _id("parent")},
    "courses": {**_BASE, **_same("title", "courseCode"), "orgSourcedId": _id("org")},
    "classes": {
        **_BASE, **_same("title"), "courseSourcedId": _id("course"), "schoolSourcedId": _id("school"),
        "termSourcedIds": _ids("terms"),
    },
    "users": {**_PERSON, **_same("role"), "orgSourcedIds": _ids("orgs")},
    "enrollments": {
        **_BASE, **_same("role", "primary", "beginDate", "endDate"), "classSourcedId": _id("class"),
        "schoolSourcedId": _id("school"), "userSourcedId": _id("user"),
    },
    "demographics": {
        **_BASE,
        **_same(
            "birthDate", "sex", "americanIndianOrAlaskaNative", "asian", "blackOrAfricanAmerican",
            "nativeHawaiianOrOtherPacificIslander", "white", "demographicRaceTwoOrMoreRaces",
            "hispanicOrLatinoEthnicity",
        ),
    },
}  # fmt: skip
NEWER_USERS: dict[str, Cell] = {
    **_PERSON,
    "preferredGivenName": _of("preferredFirstName"),
    "preferredFamilyName": _of("preferredLastName"),
    "primaryOrgSourcedId": _id("primaryOrg"),
}
ROLES = ("sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId", "beginDate", "endDate")


def write_files(server: Server, folder: Path) -> None:
    """Write every collection of a server into a folder. Raises BundleRefused where one is not whole."""
    for kind, columns in COLUMNS.items():
        with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as stream:
            if kind == "users" and server.is_newer:
                with (folder / "roles.csv").open("w", encoding="utf-8", newline="") as roles:
                    _write(stream, NEWER_USERS, _with_roles(server.rows(kind), csv.writer(roles)))
            else:
                _write(stream, columns, server.rows(kind))


def _write(stream: Any, columns: Mapping[str, Cell], records: Iterable[Record]) -> None:
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_text(cell(record)) for cell in columns.values()] for record in records)


def _with_roles(records: Iterable[Record], writer: Any) -> Iterator[Record]:
    writer.writerow(ROLES)
    for record in records:
        user = record.get("sourcedId")
        for held in record.get("roles") or []:
            org = (held.get("org") or {}).get("sourcedId") or ""
            key = f"{user}|{org}|{held.get('role')}"
            row = (key, user, held.get("roleType"), held.get("role"), org, held.get("beginDate"), held.get("endDate"))
            writer.writerow(map(_text, row))
        yield record


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(str(one) for one in value if one is not None)
    return str(value)
