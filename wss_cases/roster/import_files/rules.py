"""Names the kind of a file that is not a roster, so that the sender knows what to export instead."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.foundation.forms import is_storable
from wss_cases.foundation.i18n import _

MOST_BYTES: Final = 2 * 1024**2


def rows_in(content: bytes) -> list[list[str]]:
    """The cells of a CSV file without outer spaces. Raises Refused for another file or too large a one."""
    if len(content) > MOST_BYTES:
        raise Refused("file", _("This file is too large."))
    try:
        text = content.decode("utf-8-sig")
        if not is_storable(text):
            raise ValueError("a character that cannot be stored")
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except (ValueError, csv.Error) as error:
        words = _("This is not a CSV file in UTF-8. Save it as “CSV UTF-8” and upload it again.")
        raise Refused("file", words) from error


_SDS_1 = {"school", "section", "student", "teacher", "studentenrollment", "teacherroster"}
_CLEVER = {"schools", "sections", "students", "teachers"}


def named(files: Iterable[str]) -> str:
    """What the files of another format are and what to do, or ''."""
    paths = [PurePosixPath(name.replace("\\", "/").lower()) for name in files]
    stems = {path.stem for path in paths if path.suffix == ".csv"}
    endings = {path.suffix for path in paths}
    if len(stems & _SDS_1) >= 2:
        return _("These are files of School Data Sync version 1. Export the roster as SDS 2.1 or OneRoster 1.1 or 1.2.")
    if len(stems & _CLEVER) >= 2:
        return _("These are files of Clever. Export the roster as OneRoster 1.1 or 1.2.")
    if endings & {".xlsx", ".xls", ".xlsm"} or "[content_types]" in {path.stem for path in paths}:
        return _("This is an Excel workbook. Export the roster as OneRoster 1.1 or 1.2: one CSV file for each table.")
    if ".xml" in endings:
        return _("These are XML files, not a roster. Export the roster as OneRoster 1.1 or 1.2.")
    if ".json" in endings:
        return _("These are JSON files, not a roster. Export the roster as OneRoster 1.1 or 1.2 in CSV files.")
    if endings & {".7z", ".rar", ".gz", ".tar", ".tgz", ".pgp", ".gpg"}:
        return _("This is an archive that cannot be read. Pack the roster as a zip, not encrypted.")
    return ""


def other_delimiter(header: Sequence[str]) -> str:
    """The delimiter of a header that is not separated by commas, in words, or ''."""
    if len(header) > 1:
        return ""
    counts = {mark: header[0].count(mark) for mark in (";", "\t", "|")}
    mark = max(counts, key=lambda one: counts[one])
    if not counts[mark]:
        return ""
    names = {";": _("semicolons"), "\t": _("tabs"), "|": _("vertical bars")}
    return _("The cells are separated by %(mark)s. Export the file with commas.", mark=names[mark])
