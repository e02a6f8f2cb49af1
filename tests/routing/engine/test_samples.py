"""The check tries a row on facts that meet it in each way, and of a very wide condition on enough of them."""

from __future__ import annotations

from tests.routing.first_rules.rule_set import NAME, VERSION, first_rows
from wss_cases.routing.engine.check import check_table, facts_for_row
from wss_cases.routing.engine.facts import FACTS, FactType
from wss_cases.routing.engine.table import DecisionTable, Row, read_table

MOST = 2000
FLAGS = [name for name, spec in FACTS.items() if spec.type is FactType.FLAG]


def wide(names: list[str]) -> dict[str, object]:
    return {"all": [{"any": [{"fact": one, "op": said} for said in ("known", "missing")]} for one in names]}


def with_row(when: dict[str, object]) -> tuple[DecisionTable, Row]:
    """Return the first rule set with another condition of a follow-up, and that row."""
    rows = first_rows()
    next(row for row in rows if row["id"] == "F4")["when"] = when
    table = read_table(NAME, VERSION, rows)
    return table, next(row for row in table.rows if row.id == "F4")


def test_each_way_of_a_narrow_condition_and_two_thousand_of_a_wide_one() -> None:
    assert len(FLAGS) >= 12
    table, row = with_row(wide(FLAGS[:6]))
    ways = [tuple(facts.given.get(name) for name in FLAGS[:6]) for facts in facts_for_row(table, row)]
    assert len(ways) == len(set(ways)) == 2**6
    assert len(facts_for_row(table, row, wide(FLAGS[6:12]))) == MOST < 2**12
    table, row = with_row(wide(FLAGS[:12]))
    assert len(facts_for_row(table, row)) == MOST
    assert not [one for one in check_table(table, tries=10) if one.row == "F4" and one.blocks]
