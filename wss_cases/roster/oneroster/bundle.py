"""The files of an import: reading them, their format, and whether they equal the last import's byte for byte."""

import csv
import enum
import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wss_cases.foundation import ids
from wss_cases.foundation.db import Base, table_of
from wss_cases.foundation.i18n import _
from wss_cases.foundation.settings import setting
from wss_cases.roster.directory.models import (
    Enrolment,
    Guardian,
    ImportedRow,
    School,
    StaffMember,
    Student,
    StudentGuardian,
)
from wss_cases.roster.import_files import (
    BundleRefused,
    Counts,
    Odd,
    Problem,
    Report,
    RowRefused,
    named,
    other_delimiter,
)
from wss_cases.roster.runs import MOST_KEPT, last_landed

FILES = (
    "manifest",
    "orgs",
    "academicSessions",
    "courses",
    "classes",
    "users",
    "roles",
    "demographics",
    "relationships",
    "userFlags",
    "enrollments",
)
"""Files that are read, in the order in which they depend on each other."""


MOST_MEMBERS = 2_000
LARGEST_FILE = 4 * 1024**3
SUSPECT_SIZE = 20 * 1024**2
SUSPECT_RATIO = 200
LONGEST_CELL = 131_072
LONGEST_LINE = 1_000_000
MOST_COLUMNS = 500
"""The formats name some forty; a district may add its own."""
_CANONICAL = {name.lower(): name for name in FILES}
_BETWEEN = "\x00"
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Row = tuple[int, dict[str, str], str]
"""Row number, cells by column, and all cells in one string for the digest."""


@dataclass(frozen=True)
class Bundle:
    """The files of one import, by canonical name; each can be opened again."""

    files: dict[str, Callable[[], IO[bytes]]]

    def names(self) -> list[str]:
        """The canonical names present, in reading order."""
        return [name for name in FILES if name in self.files]


@contextmanager
def open_bundle(path: Path, stream: IO[bytes] | None = None) -> Iterator[Bundle]:
    """Open a folder or zip; `stream`: the bytes of a zip, of which `path` is only the name.

    Raises BundleRefused for anything else, an unsafe archive, or one without a known file.
    """
    if stream is None and path.is_dir():
        files = (file for file in sorted(path.iterdir()) if file.is_file())
        yield _bundle({file.name: _opener(file) for file in files}, path.name)
        return
    try:
        archive = zipfile.ZipFile(stream or path)
    except (zipfile.BadZipFile, OSError) as error:
        words = named([path.name]) or _("This is neither a folder nor a zip file that can be read.")
        if path.suffix.lower() == ".csv":
            words = _("This is a single CSV file. Give the folder or zip that holds all of them, such as orgs.csv.")
        raise _refused(path.name, words) from error
    with archive:
        members = _safe_members(archive, path.name)
        yield _bundle({name: partial(archive.open, info) for name, info in members.items()}, path.name)


def _bundle(openers: Mapping[str, Callable[[], IO[bytes]]], shown: str) -> Bundle:
    files = {}
    for name, opener in openers.items():
        stem, dot, ending = name.rpartition(".")
        canonical = _CANONICAL.get(stem.lower())
        if dot and ending.lower() == "csv" and canonical:
            if canonical in files:
                raise _refused(shown, _("%(file)s is in it twice.", file=f"{canonical}.csv"))
            files[canonical] = opener
    if not set(files) - {"manifest"}:
        raise _refused(shown, named(openers) or _("There is no roster file in it, such as orgs.csv or users.csv."))
    return Bundle(files)


def _opener(file: Path) -> Callable[[], IO[bytes]]:
    return lambda: file.open("rb")


def _safe_members(archive: zipfile.ZipFile, shown: str) -> dict[str, zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MOST_MEMBERS:
        raise _refused(shown, _("The zip holds too many files."))
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        inside = PurePosixPath(info.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in inside.parts[0]:
            raise _refused(shown, _("The zip names a place outside itself: %(name)s", name=info.filename[:200]))
        if info.flag_bits & 1:
            raise _refused(shown, _("The zip is locked with a password."))
        swollen = info.file_size > SUSPECT_SIZE and info.file_size > SUSPECT_RATIO * max(info.compress_size, 1)
        if swollen or info.file_size > LARGEST_FILE:
            raise _refused(shown, _("%(name)s would unpack to a suspicious size.", name=info.filename[:200]))
        if "__MACOSX" in inside.parts or len(inside.parts) > 2:
            continue
        if inside.name in members:
            raise _refused(shown, _("%(file)s is in it twice.", file=inside.name[:200]))
        members[inside.name] = info
    return members


def _refused(file: str, message: str, row: int | None = None, column: str | None = None) -> BundleRefused:
    return BundleRefused(Problem(file, row, column, message))


class Table:
    """One CSV file: its header at once, its rows on demand."""

    def __init__(self, name: str, opener: Callable[[], IO[bytes]]) -> None:
        self.name = name
        self.file = f"{name}.csv"
        self._opener = opener
        self._against: dict[str, bool] = {}
        self.odd: list[Odd] = []
        """The unknown cells of the row yielded last."""
        self.number = 1
        with self._reading(), opener() as stream:
            header = next(self._records(stream), None)
        if not header or not any(cell.strip() for cell in header):
            raise _refused(self.file, _("The file is empty: it has no header row."), 1)
        if len(header) > MOST_COLUMNS:
            words = _("The header has %(found)d columns; %(most)d are allowed.", found=len(header), most=MOST_COLUMNS)
            raise _refused(self.file, words, 1)
        if words := other_delimiter(header):
            raise _refused(self.file, words, 1)
        self.columns = [cell.strip() for cell in header]
        self._named = max(place for place, column in enumerate(self.columns, start=1) if column)
        for column in self.columns:
            if column and self.columns.count(column) > 1:
                raise _refused(self.file, _("The column is in the header twice."), 1, column)

    def rows(self, report: Report) -> Iterator[Row]:
        """Yield the well-formed rows; the others are refused in the report. Raises BundleRefused when the rest is
        unreadable."""
        wanted = [index for index, column in enumerate(self.columns) if _is_read(column)]
        names = [self.columns[index] for index in wanted]
        self.number = 1
        self.odd.clear()
        with self._reading(), self._opener() as stream:
            records = self._records(stream)
            next(records, None)
            for self.number, record in enumerate(records, start=2):
                if not record:
                    continue
                try:
                    cells, joined = self._cells(record, wanted, report)
                except RowRefused as refused:
                    report.refuse(self.file, self.number, refused)
                else:
                    yield self.number, dict(zip(names, cells, strict=True)), joined

    def speaks_against(self, column: str, does: Callable[[str], bool]) -> bool:
        """Whether any cell of a column contradicts something; the file is read for it once per column."""
        if column not in self._against:
            place = self.columns.index(column)
            with self._reading(), self._opener() as stream:
                records = self._records(stream)
                next(records, None)
                self._against[column] = any(does(cells[place].strip()) for cells in records if len(cells) > place)
        return self._against[column]

    def _cells(self, record: list[str], wanted: list[int], report: Report) -> tuple[list[str], str]:
        width = len(self.columns)
        if len(record) > width and not any(record[width:]):
            del record[width:]
        if self._named <= len(record) < width:
            record += [""] * (width - len(record))
        if len(record) != width:
            words = _("The row has %(found)d cells, the header %(wanted)d.", found=len(record), wanted=width)
            raise RowRefused(None, words)
        cells = [record[index] for index in wanted]
        joined = _BETWEEN.join(cells)
        if joined.count(_BETWEEN) >= len(cells) or _CONTROL.search(joined):
            cells = [self._storable(index, cell) for index, cell in zip(wanted, cells, strict=True)]
            joined = _BETWEEN.join(cells)
        plain = joined.isascii() or unicodedata.is_normalized("NFC", joined)
        # Five times as fast as a pattern over the joined cells.
        if not plain or list(map(str.strip, cells)) != cells:
            cells = [self._mended(index, cell, report) for index, cell in zip(wanted, cells, strict=True)]
            joined = _BETWEEN.join(cells)
        return cells, joined

    def _storable(self, index: int, cell: str) -> str:
        if _BETWEEN not in cell and not _CONTROL.search(cell):
            return cell
        shown = _CONTROL.sub("�", cell.replace(_BETWEEN, "�"))
        self.odd.append(Odd(self.columns[index], shown, _("The cell holds a character that cannot be stored:")))
        return ""

    def _mended(self, index: int, cell: str, report: Report) -> str:
        bare = cell.strip()
        composed = unicodedata.normalize("NFC", bare)
        if bare != cell:
            report.note(self.file, self.number, self.columns[index], _("Imported without the spaces around it."))
        if composed != bare:
            note = _("Imported with each accent joined to its letter (Unicode NFC).")
            report.note(self.file, self.number, self.columns[index], note)
        return composed

    def _records(self, stream: IO[bytes]) -> Iterator[list[str]]:
        buffered = io.BufferedReader(stream)  # type: ignore[type-var]
        if (start := buffered.peek(4)[:2]) in (b"\xff\xfe", b"\xfe\xff") or 0 in start:
            raise _refused(self.file, _("The file is written in UTF-16. Save it as UTF-8."))
        csv.field_size_limit(LONGEST_CELL)
        lines = self._lines(io.TextIOWrapper(buffered, encoding="utf-8-sig", newline=""))
        return csv.reader(lines, strict=True)

    def _lines(self, text: io.TextIOWrapper) -> Iterator[str]:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
                raise _refused(self.file, _("A line is longer than any in a roster."), self.number)
            yield line

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError as error:
            words = _("The file is not UTF-8 text from about here on; it may be Windows-1252. Save it as CSV UTF-8.")
            raise _refused(self.file, words, self.number) from error
        except csv.Error as error:
            raise _refused(self.file, _csv_words(error), self.number) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise _refused(self.file, _("The file is damaged and cannot be read."), self.number) from error


def _is_read(column: str) -> bool:
    # Passwords are dropped before anything reads them; the export time says nothing about the record.
    return column not in ("", "dateLastModified") and "password" not in column.lower()


def _csv_words(error: csv.Error) -> str:
    if "field larger" in str(error):
        return _("A cell is too long, or a quotation mark before it is never closed.")
    return _("A quotation mark is never closed, or is in the wrong place.")


_PIECE = 1024**2
_WRITTEN = (School, Student, StaffMember, Guardian, ImportedRow, Enrolment, StudentGuardian)


def bundle_digest(bundle: Bundle) -> str:
    """A digest of every byte of a bundle and of the code that reads it; '' when it cannot be read.

    So a release that reads rosters differently imports an unchanged bundle again; so does another mapping.
    """
    whole = hashlib.sha256(_reader() + f"{setting('ROSTER_SUPPORTS')};{setting('ROSTER_STAFF_ROLES')}".encode())
    try:
        for name, opener in sorted(bundle.files.items()):
            part = hashlib.sha256()
            with opener() as stream:
                while piece := stream.read(_PIECE):
                    part.update(piece)
            whole.update(name.encode() + part.digest())
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        return ""
    return whole.hexdigest()


def _reader() -> bytes:
    room = Path(__file__).parent.parent
    files = (*sorted(room.rglob("*.py")), Path(ids.__file__))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).digest()


def state(session: Session, source: str) -> list[int]:
    """Numbers that change when a record of this source is made, changed by a person, or deleted."""
    return [number for model in _WRITTEN for number in _numbers(session, model, source)]


def _numbers(session: Session, model: type[Base], source: str) -> list[int]:
    table, student = table_of(model), table_of(Student)
    wanted: list[Any] = [func.count(), func.max(table.c.id)]
    if "version" in table.c:
        wanted.append(func.sum(table.c.version))
    statement = select(*wanted).select_from(table)
    if "source" not in table.c:
        statement = statement.join(student, student.c.id == table.c.student_id)
    owner = table if "source" in table.c else student
    return [int(number or 0) for number in session.execute(statement.where(owner.c.source == source)).one()]


def as_before(session: Session, report: Report, digest: str) -> bool:
    """Whether this bundle was the last import, complete except for single fields, and its records are unchanged; the
    report then repeats that run's report."""
    last = last_landed(session, report.source)
    if not digest or last is None or last.get("bundle") != digest or last["state"] != state(session, report.source):
        return False
    if any(problem["row"] is None for problem in last["problems"]) or len(last["problems"]) >= MOST_KEPT:
        return False
    if any(counts["refused"] for counts in last["files"].values()):
        return False
    report.files |= {name: Counts(unchanged=sum(counts.values())) for name, counts in last["files"].items()}
    report.recall(last)
    return True


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
