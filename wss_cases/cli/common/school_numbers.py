"""The file that says by which numbers the collections know each school."""

import csv
from pathlib import Path
from typing import Final

from wss_cases.foundation.errors import Refused
from wss_cases.outcomes.collections.rules import FEDERAL_DIGITS, STATE_DIGITS, Known, Numbers, are_digits

COLUMNS: Final = ("school_id", "federal", "state")


def school_numbers(path: Path | None) -> Known:
    """Return what a CSV file of `school_id`, `federal` and `state` says. Raises Refused, naming the line, where one is
    not right."""
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if set(COLUMNS) - set(reader.fieldnames or ()):
                raise Refused("ids", f"{path.name} needs the columns {', '.join(COLUMNS)}.")
            return _known([[(row[name] or "").strip() for name in COLUMNS] for row in reader])
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("ids", f"{path.name} is no CSV file in UTF-8.") from error


def _known(rows: list[list[str]]) -> dict[str, Numbers]:
    known: dict[str, Numbers] = {}
    for line, (school, federal, state) in enumerate(rows, 2):
        for name, digits, most in (("federal", federal, FEDERAL_DIGITS), ("state", state, STATE_DIGITS)):
            if digits and not (are_digits(digits) and len(digits) == most):
                raise Refused("ids", f"Line {line}: {name} has {most} digits, not {digits!r}.")
        if not school or school in known:
            raise Refused("ids", f"Line {line}: each line names one school, and each school once.")
        known[school] = Numbers(federal, state)
    return known
