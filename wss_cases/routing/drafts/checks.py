"""What is found in a rule set, tried once for the same rows: it costs seconds, and anybody who reads rules may ask."""

import json
from functools import lru_cache
from threading import Lock

from wss_cases.routing.engine.check import Finding, check_table
from wss_cases.routing.engine.reading import read_table
from wss_cases.routing.rule_sets.models import RuleSet
from wss_cases.routing.rule_sets.queries import signs_of, table_of

_ONE_AT_A_TIME = Lock()


def findings_of(rule_set: RuleSet) -> tuple[Finding, ...]:
    """Return what trying a rule set's table finds, blocking findings first. Raises Refused for broken rows."""
    table_of(rule_set)
    signs_of(rule_set)
    # who asks while it is tried waits for the same answer and does not try it as well
    with _ONE_AT_A_TIME:
        return _tried(rule_set.name, rule_set.number, json.dumps(rule_set.table_rows["rows"]))


@lru_cache(maxsize=16)
def _tried(name: str, number: int, rows: str) -> tuple[Finding, ...]:
    return tuple(check_table(read_table(name, number, json.loads(rows))))
