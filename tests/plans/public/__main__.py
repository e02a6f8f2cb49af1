"""`python -m tests.plans.public [DISTRICTS] [FIRST SEED]`: a year of public pages of many districts, attacked; and weak
rules that must be found out."""

from __future__ import annotations

import sys
import time
from random import Random

from tests.plans.public.attack import Found, attack
from tests.plans.public.districts import USUAL, Rule, publish_for_a_year, random_school
from tests.plans.public.weak import WEAK
from wss_cases.plans.public.figures.rules import publishable

PLANTED = 20


def attacked(rule: Rule, districts: int, first: int = 0) -> Found:
    """Return what an attacker finds in a year of pages of so many districts; each fourth has corrections."""
    found = Found()
    for seed in range(first, first + districts):
        random = Random(seed)
        for _ in range(random.randint(1, 7)):
            school = random_school(random, grows=seed % 4 != 0)
            attack(school, publish_for_a_year(random, school, rule, USUAL), found)
    return found


def main(districts: int, first: int) -> int:
    """Attack the pages; 0 when no hidden count was found, and each planted weakness was."""
    weak = {name: len(attacked(rule, PLANTED).known) for name, rule in WEAK.items()}
    for name, number in weak.items():
        print(f"planted ({name}), {PLANTED} districts: {number} hidden counts found out")
    began = time.monotonic()
    found = attacked(publishable, districts, first)
    print(f"{districts} districts, twelve months each, in {time.monotonic() - began:.0f} s")
    print(f"{found.shown} figures shown, {found.small} counts below ten to look for; found out: {len(found.known)}")
    for line in found.known[:20]:
        print("  ", line)
    return 0 if all(weak.values()) and found.shown and not found.known else 1


if __name__ == "__main__":
    arguments = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*([*arguments, *(500, 0)[len(arguments) :]])))
