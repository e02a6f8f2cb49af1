"""`python -m tests.suppression [TABLES] [FIRST SEED]`: attacks on many tables, and on weak ones that must give way."""

from __future__ import annotations

import sys
import time
from random import Random

from tests.suppression.tables import Found, attack, district, primary_only, tables
from wss_cases.outcomes.equity.suppression import Minimums

USUAL = Minimums(cell=10, group=30)
PLANTED = 20


def main(number: int, first: int) -> int:
    """Attack so many random districts; 0 when nothing hidden was found, and the planted bug was."""
    weak = Found()
    for seed in range(first, first + PLANTED):
        made = district(Random(seed))
        attack(made, primary_only(made, USUAL), USUAL, weak)
    print(f"planted (small cells alone hidden), {PLANTED} tables: {len(weak.known)} hidden cells found out")
    found, began = Found(), time.monotonic()
    for seed in range(first, first + number):
        made = district(Random(seed))
        attack(made, tables(made, USUAL), USUAL, found)
    print(f"{number} tables in {time.monotonic() - began:.0f} s: {dict(found.shapes)}")
    print(f"{found.told} cells shown, {found.hidden} hidden beside them, {found.settled} settled by totals alone")
    print(f"found out: {len(found.known)}; left with too few values: {len(found.narrow)}")
    for line in [*found.known, *found.narrow][:20]:
        print("  ", line)
    return 0 if weak.known and not found.known and not found.narrow else 1


if __name__ == "__main__":
    arguments = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*([*arguments, *(400, 0)[len(arguments) :]])))
