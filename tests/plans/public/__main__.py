"""`python -m tests.plans.public [DISTRICTS] [FIRST SEED]`: public pages of a school year and exports of many districts,
attacked; and weak rules and exports that must be found out."""

from __future__ import annotations

import sys
import time

from tests.plans.public.districts import Rule
from tests.plans.public.exports.pages import attacked
from tests.plans.public.exports.surveys import attack_surveys
from tests.plans.public.exports.weak import WEAK_EXPORTS
from tests.plans.public.weak import WEAK

PLANTED = 20


def main(districts: int, first: int) -> int:
    """Attack pages and exports; 0 when no hidden count was found, and each planted weakness was."""
    weak = {name: len(attacked(rule, PLANTED).known) for name, rule in WEAK.items()}
    weak |= {name: find(PLANTED) for name, find in WEAK_EXPORTS.items()}
    for name, number in weak.items():
        print(f"planted ({name}), {PLANTED} districts: {number} hidden counts found out")
    began = time.monotonic()
    found, seeds = attacked(Rule(), districts, first), range(first, first + districts)
    print(f"{districts} districts, two years each, in {time.monotonic() - began:.0f} s")
    print(f"{found.shown} figures shown, {found.small} counts below ten to look for; found out: {len(found.known)}")
    surveys = [line for seed in seeds for line in attack_surveys(seed)]
    print(f"surveys of {districts} districts; found out: {len(surveys)}")
    for line in [*found.known, *surveys][:20]:
        print("  ", line)
    return 0 if all(weak.values()) and found.shown and not [*found.known, *surveys] else 1


if __name__ == "__main__":
    arguments = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*([*arguments, *(500, 0)[len(arguments) :]])))
