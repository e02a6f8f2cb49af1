"""The format of a bundle, its manifest, and the required columns of each file."""

import enum

from wss_cases.foundation.i18n import _
from wss_cases.roster.import_files.report import BundleRefused, Problem, Report
from wss_cases.roster.oneroster.bundle import Bundle, Table


class Format(enum.StrEnum):
    """Accepted formats."""

    ONEROSTER_1_1 = "1.1"
    ONEROSTER_1_2 = "1.2"
    SDS_2_1 = "sds"


class Mode(enum.StrEnum):
    """Whether a file holds every row or only what changed."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


_NAMES = {
    Format.ONEROSTER_1_1: "OneRoster 1.1",
    Format.ONEROSTER_1_2: "OneRoster 1.2",
    Format.SDS_2_1: "School Data Sync 2",
}
_FIRST_VERSION = {"users": ("userId", "agents"), "courses": ("schoolYearId",), "classes": ("termSourcedId",)}
"""Headers that only OneRoster 1.0 has."""

_BOTH = {
    "orgs": ("sourcedId", "name", "type"),
    "academicSessions": ("sourcedId", "title", "type", "startDate", "endDate"),
    "users": ("sourcedId", "givenName", "familyName"),
}
_ONEROSTER = {
    **_BOTH,
    "courses": ("sourcedId", "title", "orgSourcedId"),
    "classes": ("sourcedId", "title", "courseSourcedId", "schoolSourcedId", "termSourcedIds"),
    "demographics": ("sourcedId",),
    "enrollments": ("sourcedId", "classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
    "roles": ("sourcedId", "userSourcedId", "role", "orgSourcedId"),
}
REQUIRED: dict[Format, dict[str, tuple[str, ...]]] = {
    Format.ONEROSTER_1_1: {**_ONEROSTER, "users": (*_BOTH["users"], "orgSourcedIds", "role")},
    Format.ONEROSTER_1_2: _ONEROSTER,
    Format.SDS_2_1: {
        **_BOTH,
        "courses": ("sourcedId", "title", "orgSourcedId"),
        "classes": ("sourcedId", "title", "orgSourcedId", "sessionSourcedIds"),
        "demographics": ("userSourcedId",),
        "enrollments": ("classSourcedId", "userSourcedId", "role"),
        "roles": ("userSourcedId", "orgSourcedId", "role"),
    },
}
_RELATED = {
    "relationships": ("userSourcedId", "relationshipUserSourcedId", "relationshipRole"),
    "userFlags": ("userSourcedId", "flag"),
}


def open_tables(bundle: Bundle) -> dict[str, Table]:
    """Read every header except the manifest's, in reading order. Raises BundleRefused."""
    return {name: Table(name, bundle.files[name]) for name in bundle.names() if name != "manifest"}


def read_manifest(bundle: Bundle) -> dict[str, str]:
    """The manifest's properties; none without a manifest. Raises BundleRefused."""
    if "manifest" not in bundle.files:
        return {}
    table = Table("manifest", bundle.files["manifest"])
    _require(table, ("propertyName", "value"), "OneRoster")
    return {cells["propertyName"]: cells["value"] for _number, cells, _joined in table.rows(Report())}


def detect(tables: dict[str, Table], manifest: dict[str, str]) -> Format:
    """The format of the headers; checks that every required column is there. Raises BundleRefused."""
    format_ = _format_of(tables, manifest)
    for name, table in tables.items():
        _require(table, {**REQUIRED[format_], **_RELATED}[name], _NAMES[format_])
    return format_


def _format_of(tables: dict[str, Table], manifest: dict[str, str]) -> Format:
    columns = {name: set(table.columns) for name, table in tables.items()}
    users, roles = columns.get("users"), columns.get("roles")
    if (roles and "sourcedId" not in roles) or (users and not users & {"status", "role", "enabledUser", "userId"}):
        return Format.SDS_2_1
    _refuse_first_version(columns, manifest.get("oneroster.version", ""))
    if "roles" in columns or (users is not None and "role" not in users):
        return Format.ONEROSTER_1_2
    return Format.ONEROSTER_1_1


def _refuse_first_version(columns: dict[str, set[str]], version: str) -> None:
    if version and version not in ("1.1", "1.2"):
        message = _("The manifest says OneRoster %(version)s; 1.1 and 1.2 can be imported.", version=version)
        raise BundleRefused(Problem("manifest.csv", None, "oneroster.version", message))
    old = [
        (name, column) for name, known in _FIRST_VERSION.items() for column in known if column in columns.get(name, ())
    ]
    of_grades = ((name, columns.get(name, set())) for name in ("users", "courses", "classes"))
    old += [(name, "grade") for name, there in of_grades if "grade" in there and "grades" not in there]
    if old:
        words = _("This is OneRoster 1.0. Export the roster as 1.1 or 1.2.")
        raise BundleRefused(*(Problem(f"{name}.csv", 1, column, words) for name, column in old))


def _require(table: Table, wanted: tuple[str, ...], format_: str) -> None:
    words = _("The required column is missing. By the other columns these are files of %(format)s.", format=format_)
    missing = [Problem(table.file, 1, column, words) for column in wanted if column not in table.columns]
    if missing:
        raise BundleRefused(*missing)


def modes(tables: dict[str, Table], manifest: dict[str, str]) -> dict[str, Mode]:
    """How each file is to be read; without a manifest all are bulk. Raises BundleRefused."""
    of_files = dict.fromkeys(tables, Mode.BULK)
    for name, value in manifest.items():
        prefix, _dot, file = name.partition(".")
        if prefix != "file":
            continue
        if value not in tuple(Mode):
            message = _("The manifest must say bulk, delta or absent here, not %(value)s.", value=value[:40])
            raise BundleRefused(Problem("manifest.csv", None, name, message))
        if file in of_files:
            of_files[file] = Mode(value)
        elif value != Mode.ABSENT and file in REQUIRED[Format.ONEROSTER_1_2]:
            message = _("The manifest says %(value)s, but the file is not there.", value=value)
            raise BundleRefused(Problem(f"{file}.csv", None, None, message))
    return of_files
