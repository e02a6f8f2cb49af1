"""`python -m tests.routing [FACTS] [FIRST SEED]`: `flask routing explain` over generated facts, each answer judged."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.routing.explaining import PLANTED, REFUSED, changed_since, findings, planted, problems, refusals
from tests.routing.judging import completions, unknown_in
from tests.routing.strategies import facts_of
from tests.support.databases import Databases
from tests.support.memory import keep_temporary_files_in_memory

FEW = 300
"""So many facts are enough to notice each planted row."""


def main(number: int, first: int) -> int:
    """Judge the answers to so many facts; 0 where none is wrong and every planted row is noticed."""
    began = time.monotonic()
    facts = [facts_of(seed) for seed in range(first, first + number)]
    with tempfile.TemporaryDirectory() as name:
        folder, databases = Path(name), Databases(Path(name))
        database = databases.copy(databases.template("sqlite"))
        found = problems(database, folder, facts)
        besides = refusals(database, folder) + findings(database)
        routed, changed = changed_since(databases, facts)
        seen = [row for row in PLANTED if any(problems(planted(databases, row), folder, facts[:FEW]))]
    answered = [len(completions(given)) for given in facts if unknown_in(given)]
    wrong = [(given, lines) for given, lines in zip(facts, found, strict=True) if lines]
    kinds = Counter(line.split(":")[0] for _given, lines in wrong for line in lines)
    print(f"routing explain: {number} facts from seed {first}, {len(wrong)} wrong {dict(kinds) or ''}".rstrip())
    print(f"with unknown facts: {len(answered)}, answered in {sum(answered)} ways")
    print(f"refused by name, nothing stored: {len(REFUSED)}; refusals or rules that are wrong: {len(besides)}")
    print(f"routed by the rule set before: {routed}, with another answer now: {changed}")
    print(f"planted rows noticed: {len(seen)} of {len(PLANTED)}; {time.monotonic() - began:.0f} s")
    for given, lines in wrong[:10]:
        print("  ", json.dumps(given), *lines, sep="\n     ")
    print(*besides, sep="\n", end="\n" if besides else "")
    return 1 if wrong or besides or changed or len(seen) < len(PLANTED) else 0


if __name__ == "__main__":
    keep_temporary_files_in_memory()
    arguments = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*([*arguments, *(3000, 0)[len(arguments) :]])))
