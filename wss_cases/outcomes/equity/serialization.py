"""What may be shown of every school and of the district as plain values that can be kept, and the way back."""

import inspect
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from typing import Any

from wss_cases.outcomes.equity import rules as rules_equity
from wss_cases.outcomes.equity import suppression as rules_suppression
from wss_cases.outcomes.equity import tables as rules_equity_tables
from wss_cases.outcomes.equity.rules import Comparison, Interval
from wss_cases.outcomes.equity.suppression import ENROLLED, HIDDEN, Counts, Minimums, Pattern, patterns_of
from wss_cases.outcomes.equity.tables import Cell, Line, Moved, Table, table_of_district, table_of_school


@cache
def rules_digest() -> str:
    """Return what changes when any rule of what may be shown does: what other rules made is not shown."""
    sources = (inspect.getsource(one) for one in (rules_equity, rules_equity_tables, rules_suppression))
    return sha256("".join(sources).encode()).hexdigest()


def plain_tables(
    schools: Mapping[int, Counts], minimums: Minimums, parents: Mapping[str, str], moved: Moved
) -> dict[str, Any]:
    """Return the district's table, and of each school that shows anything what it shows and its counts."""
    patterns = patterns_of(schools, minimums, parents)
    columns = (ENROLLED, *parents)
    shown = {
        str(one): {
            "pattern": asdict(patterns[one]),
            "counts": {name: [row[stage] for stage in columns] for name, row in schools[one].items()},
        }
        for one in schools
        if patterns[one] != HIDDEN
    }
    district = table_of_district(schools, patterns, parents, moved)
    return {"columns": columns, "schools": shown, "district": asdict(district)}


def table_from(plain: Mapping[str, Any], school_id: int | None, parents: Mapping[str, str]) -> Table:
    """Return the table of one school, or with None of the district."""
    if school_id is None:
        lines = tuple(map(_line, plain["district"]["lines"]))
        return Table(tuple(plain["district"]["stages"]), lines)
    of_school = plain["schools"].get(str(school_id))
    if of_school is None:
        return Table()
    pattern = Pattern(**{name: tuple(values) for name, values in of_school["pattern"].items()})
    columns = plain["columns"]
    counts = {name: dict(zip(columns, row, strict=True)) for name, row in of_school["counts"].items()}
    return table_of_school(counts, pattern, parents)


def _line(plain: Mapping[str, Any]) -> Line:
    per = {base: {stage: _cell(cell) for stage, cell in plain[base].items()} for base in ("per_enrolled", "per_before")}
    return Line(tuple(plain["categories"]), plain["enrolled"], **per)


def _cell(plain: Mapping[str, Any]) -> Cell:
    against, within = plain["against"], plain["within"]
    compared = None
    if against is not None:
        spans = {name: Interval(**against[name]) for name in ("ratio", "difference")}
        compared = Comparison(against["rate"], against["others"], **spans)
    inside = None if within is None else (Interval(**within[0]), Interval(**within[1]))
    return Cell(plain["came"], plain["of"], compared, inside, plain["schools"])
