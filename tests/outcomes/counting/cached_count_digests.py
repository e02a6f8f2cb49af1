"""What each cached count counts, as a digest of its statements with their values, the rules that it follows and the
shape of its figures.

`cached_counts.txt` holds name, version and digest of each; `python -m tests.outcomes.counting.cached_count_digests`
writes it anew. Where a count changed and its version did not, it refuses, unless `--same-figures` says that a person
has looked: a name, an order of lines or the like is other, and every figure stays as it was. Comments, docstrings,
imports and the lines in which a version stands make no difference.
"""

from __future__ import annotations

import ast
import inspect
import sys
import tempfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from typing import Any, get_args, get_origin, get_type_hints

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState

from tests.support.applications import make_app
from wss_cases.access.actor import SYSTEM
from wss_cases.foundation.db import Base, db
from wss_cases.outcomes.answers import removed_in_any_way
from wss_cases.outcomes.counting.cache import VERSIONS, recording
from wss_cases.outcomes.counting.daily_figures.queries import _added_up, count_days
from wss_cases.outcomes.counting.repair import mission as queries_mission
from wss_cases.outcomes.counting.repair import police as queries_police
from wss_cases.outcomes.counting.repair import queries as queries_queries
from wss_cases.outcomes.counting.repair.offers import offers, offers_asked
from wss_cases.outcomes.counting.scope import rules as rules_answers
from wss_cases.outcomes.counting.scope.queries import _first_year, enrolled_on
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.outcomes.counting.totals import Asked, count_year, read, written
from wss_cases.outcomes.equity import queries as equity_queries
from wss_cases.outcomes.equity import rules as equity_rules
from wss_cases.outcomes.equity import suppression as rules_suppression
from wss_cases.outcomes.equity.suppression import Minimums
from wss_cases.outcomes.published.queries import figures_between, live_years, schools_begun
from wss_cases.outcomes.reports import cases, mission, pathways
from wss_cases.outcomes.reports.cases import caseload_of
from wss_cases.outcomes.reports.core import bands_of, reporting
from wss_cases.pathways.mentoring.plan.rules import due_days, last_day_of
from wss_cases.pathways.reengagement.plan import is_near
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.safeguards.discipline.removals.models import dates_of
from wss_cases.workday.caseload.queries import loads_of
from wss_cases.workday.caseload.rules import weight_of

RECORDED = Path(__file__).with_name("cached_counts.txt")
TODAY = date(2026, 11, 24)
SCOPE = Scope(None, "2026-27", date(2026, 8, 1), TODAY, TODAY)
DAYS = SchoolDays()


FILTERED = Asked("2026-27", {"behavior": "1-1", "group": "1-2", "place": "hallway", "grade": 9, "hour": 10})

Count = tuple[Callable[..., object], tuple[Any, ...], tuple[Any, ...]]
OF_DAYS, OF_SCHOOL_DAYS = (SYSTEM, SCOPE), (SYSTEM, SCOPE, DAYS)
WAITS = (rules_answers, due_days, last_day_of, is_near, SchoolDays)
WINDOWS = (cases, rules_answers, dates_of, SchoolDays)
TABLES = (equity_queries, equity_rules, equity_rules, rules_suppression)
COUNTS: dict[str, Count] = {
    "bands": (bands_of, OF_DAYS, ()),
    "caseload": (caseload_of, OF_DAYS, (loads_of, weight_of)),
    "contacts": (queries_queries.contacts, OF_DAYS, ()),
    "enrolled": (enrolled_on, (*OF_DAYS, [TODAY]), ()),
    "equity": (equity_queries._plain_tables, ("district", dict, SCOPE, "race", Minimums(10, 30)), TABLES),
    "figures_between": (figures_between, (SYSTEM, None, SCOPE.first, TODAY), ()),
    "filtered": (count_year, (SYSTEM, FILTERED), (count_days, _added_up, written, read)),
    "first_year": (_first_year, (SYSTEM, None), ()),
    "follow_ups": (queries_queries.follow_ups, OF_DAYS, ()),
    "funnel": (queries_queries.funnel, OF_DAYS, (queries_queries._came, queries_queries._at_steps)),
    "harms": (queries_queries.harms, OF_DAYS, (queries_queries,)),
    "live_years": (live_years, (SYSTEM, None, "2024-25", TODAY), ()),
    "mission": (queries_mission.mission, OF_DAYS, (queries_mission,)),
    "mission_repeats": (mission.repeated, (*OF_SCHOOL_DAYS, True), (mission, *WINDOWS)),
    "offers": (offers, OF_DAYS, (offers_asked,)),
    "pathways": (pathways.figures_of_pathways, OF_SCHOOL_DAYS, (pathways, *WAITS)),
    "police": (queries_police.police, OF_DAYS, ()),
    "removals": (queries_queries.removals, OF_DAYS, ()),
    "repeats": (cases._by_month, OF_SCHOOL_DAYS, WINDOWS),
    "removed_students": (removed_in_any_way, OF_DAYS, ()),
    "reporting": (reporting, OF_DAYS, ()),
    "said": (pathways.answered_by_school, (SCOPE,), (pathways,)),
    "schools_begun": (schools_begun, (SYSTEM, None), ()),
    "terms": (queries_queries.terms, OF_DAYS, ()),
    "times": (cases.times_of, OF_SCHOOL_DAYS, (cases, SchoolDays)),
}
"""Name to the function that counts, what it is given, and the functions, classes and modules that it relies on."""


def digest_of(name: str) -> str:
    """Return the digest of what a count counts today; in an application context, on a database with any rows."""
    count, given, rules = COUNTS[name]
    words = [shape_of(get_type_hints(inspect.unwrap(count))["return"])]

    def note(state: ORMExecuteState) -> None:
        compiled = state.statement.compile()
        given = state.parameters if isinstance(state.parameters, dict) else {}
        named = {key: given.get(key, value) for key, value in compiled.params.items()}
        values = [(key, _in_order(value)) for key, value in sorted(named.items())]
        words.append(f"{compiled} {values}")

    event.listen(db.session, "do_orm_execute", note)
    try:
        with recording():
            count(*given)
    finally:
        event.remove(db.session, "do_orm_execute", note)
    words += [code_of(inspect.getsource(rule)) for rule in (count, *rules)]
    return sha256("\n".join(words).encode()).hexdigest()[:16]


def shape_of(kind: Any) -> str:
    """Return how a value of a type is written: the fields of dataclasses, wherever these stand."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return str({field.name: shape_of(hints[field.name]) for field in fields(kind)})
    name = getattr(get_origin(kind) or kind, "__name__", "")
    return f"{name}{[shape_of(one) for one in get_args(kind)]}"


def _in_order(value: Any) -> str:
    """Sets stand in another order in each process."""
    many = isinstance(value, list | tuple | set | frozenset)
    return str(sorted(map(str, value)) if many else value)


def code_of(source: str) -> str:
    return ast.unparse(_OnlyCode().visit(ast.parse(dedent(source))))


class _OnlyCode(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_words = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_words else node

    def visit_Import(self, _node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, _node: ast.ImportFrom) -> None:
        return None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = []
        return self.generic_visit(node)


def recorded() -> dict[str, tuple[int, str]]:
    lines = (line.split() for line in RECORDED.read_text().splitlines())
    return {name: (int(version), digest) for name, version, digest in lines}


def main(arguments: list[str]) -> int:
    """Write the file anew."""
    before = recorded() if RECORDED.exists() else {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with make_app(f"sqlite:///{folder / 'empty.sqlite3'}", folder).app_context():
            Base.metadata.create_all(db.engine)
            now = {one: (VERSIONS[one], digest_of(one)) for one in sorted(COUNTS)}
    same = [one for one in now if one in before and before[one][0] == now[one][0] and before[one] != now[one]]
    if same and "--same-figures" not in arguments:
        sys.stderr.write(f"raise the version of: {', '.join(same)} (or see --same-figures)\n")
        return 1
    RECORDED.write_text("".join(f"{one} {version} {digest}\n" for one, (version, digest) in now.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
