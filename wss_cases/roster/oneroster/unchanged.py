"""Whether a bundle is, byte for byte, the one that was taken in last, and nothing it stands for has changed since."""

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from wss_cases.foundation import ids
from wss_cases.foundation.db import Base, table_of
from wss_cases.foundation.settings.reading import setting
from wss_cases.roster.directory.models import (
    Enrolment,
    Guardian,
    ImportedRow,
    School,
    StaffMember,
    Student,
    StudentGuardian,
)
from wss_cases.roster.import_files.report import Counts, Report
from wss_cases.roster.oneroster.bundle import Bundle
from wss_cases.roster.runs.actions import MOST_KEPT
from wss_cases.roster.runs.queries import last_landed

_PIECE = 1024**2
_WRITTEN = (School, Student, StaffMember, Guardian, ImportedRow, Enrolment, StudentGuardian)


def bundle_digest(bundle: Bundle) -> str:
    """Return a digest of every byte of a bundle and of the code that reads it; '' where it cannot be read through.

    With the code in it, a release that reads rosters differently takes an unchanged one in anew; so does a mapping.
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
    """Return numbers that differ once a record of this source was made, changed by a person, or deleted."""
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
    """Whether this bundle was taken in last, whole but for single fields, and stands as it left it; the report then
    says what that run's report said."""
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
