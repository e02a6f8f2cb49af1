"""A report as a JSON, CSV or XLSX document. No cell can be taken for a formula by a spreadsheet."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import _
from wss_cases.foundation.operations import deferred
from wss_cases.outcomes.counting.measures import MEASURES
from wss_cases.outcomes.counting.scope.rules import Scope

xlsxwriter = deferred("xlsxwriter")
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Report:
    """One report: the JSON document, and the same figures as one table for spreadsheets."""

    name: str
    document: dict[str, Any]
    columns: tuple[str, ...]
    rows: list[list[Any]]
    about: list[tuple[str, str]]


def head(name: str, scope: Scope, school: str | None) -> dict[str, Any]:
    period = {"from": scope.first.isoformat(), "to": scope.last.isoformat()}
    return {"report": name, "school_year": scope.year, "school": school, **period}


def about(year: str, school: str | None, *measures: str) -> list[tuple[str, str]]:
    """What a report is about, in words, and how its measures are counted."""
    formulas = [(str(MEASURES[name].title), str(MEASURES[name].formula)) for name in measures]
    return [(_("School year"), year), (_("School"), school or _("All schools")), *formulas]


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet shows and never computes: text that could be a formula gets an apostrophe."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def rendered(report: Report, form: str) -> bytes:
    writers: dict[str, Callable[[Report], bytes]] = {"json": _as_json, "csv": _as_csv, "xlsx": _as_xlsx}
    return writers[form](report)


def _as_json(report: Report) -> bytes:
    return (json.dumps(report.document, ensure_ascii=False, indent=2) + "\n").encode()


def _as_csv(report: Report) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(report.columns)
    writer.writerows([safe_cell(_plain(value)) for value in row] for row in report.rows)
    return stream.getvalue().encode("utf-8-sig")


def _as_xlsx(report: Report) -> bytes:
    stream = io.BytesIO()
    settings = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(stream, settings) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(report.name)
        _fill(sheet, [list(report.columns), *report.rows], bold)
        _fill(book.add_worksheet("about"), [["what", "words"], *map(list, report.about)], bold)
    return stream.getvalue()


def _fill(sheet: Any, rows: Sequence[Sequence[Any]], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            value = _plain(cell)
            if isinstance(value, int | float):
                sheet.write_number(place, column, value)
            elif value:
                sheet.write_string(place, column, value, bold if place == 0 else None)
    sheet.autofit()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value or ""
    return value if isinstance(value, int | float) else str(value)
