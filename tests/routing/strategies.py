"""Generated facts: every key may be missing, null, or hold any allowed value; up to four may be unknown at a time.

`facts` draws one number and makes the facts of it, which is ten times faster; `shrinking_facts` draws
every key by itself, so that a failure is shown as small as it can be.
"""

import random
from typing import Any

from hypothesis import strategies as st

CHOICES: dict[str, list[str]] = {
    "caused_by": ["student", "staff", "other_adult", "unknown"],
    "harmed": ["none", "student", "staff", "community"],
    "injury": ["none", "minor", "needed_care"],
    "weapon": ["none", "lookalike", "maybe_firearm", "other", "firearm"],
    "substance": ["none", "tobacco_vape", "alcohol", "cannabis", "narcotic_or_meth", "other_drug"],
    "place": ["on_grounds", "vehicle", "school_event", "travel", "off_campus", "online"],
    "sexual": ["none", "harassment", "contact", "image"],
    "returning_from": ["none", "suspension", "absence", "placement", "hospital"],
    "ready_to_meet": ["yes", "no", "unknown"],
    "harmed_wants_to_meet": ["yes", "no", "unknown"],
    "verified": ["yes", "no", "unknown"],
}
FLAGS = [
    "attendance",
    "mutual",
    "gun_violence_threat",
    "fire_or_bomb",
    "clear_and_present_danger",
    "danger_reported",
    "imminent_danger",
    "distribution",
    "adult_conduct",
    "intimate_partner",
    "bullying",
    "bias",
    "self_harm",
    "abuse_suspected",
    "staff_written_complaint",
    "repeated_between_same_people",
    "housing_support_open",
]
NUMBERS = {"grade": (-1, 12), "group": (1, 6), "priors_90d": (0, 6), "priors_365d": (0, 8)}
SUPPORTS = ["iep", "504", "el", "housing"]
SENT_ON = ["sexual", "intimate_partner", "abuse_suspected", "adult_conduct"]
NEVER_UNKNOWN = {
    *("caused_by", "place", "returning_from", "ready_to_meet", "harmed_wants_to_meet", "verified"),
    *("attendance", "clear_and_present_danger", "danger_reported", "staff_written_complaint", "housing_support_open"),
    "imminent_danger",
}
OPEN = [name for name in [*CHOICES, *FLAGS] if name not in NEVER_UNKNOWN]
"""The facts that may be unknown."""
LISTS = {
    "supports": SUPPORTS,
    "harmed_supports": SUPPORTS,
    "sent_on": SENT_ON,
    "asked": [*(name for name in OPEN if name not in SENT_ON), "imminent_danger"],
}

_STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    **{key: st.sampled_from([*words, *(["unknown"] if key in OPEN else [])]) for key, words in CHOICES.items()},
    **{key: st.sampled_from([True, False, *(["unknown"] if key in OPEN else [])]) for key in FLAGS},
    **{key: st.integers(least, most) for key, (least, most) in NUMBERS.items()},
    "behavior": st.text(max_size=8),
    **{key: st.lists(st.sampled_from(words), max_size=5) for key, words in LISTS.items()},
}

_FREQUENT = st.fixed_dictionaries({}, optional={key: st.none() | value for key, value in _STRATEGIES.items()})
_FULL = st.fixed_dictionaries(_STRATEGIES)
_SPARSE = st.lists(st.sampled_from(sorted(_STRATEGIES)), max_size=7, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: _STRATEGIES[key] for key in keys})
)

shrinking_facts = st.one_of(_SPARSE, _FREQUENT, _FULL)


_CORES: list[dict[str, Any]] = [
    {},
    {},
    {"harmed": "student", "mutual": True},
    {"harmed": "student", "grade": 2},
    {"harmed": "student", "injury": "needed_care", "group": 2},
    {"harmed": "staff", "staff_written_complaint": True},
    {"substance": "cannabis", "distribution": True},
    {"weapon": "maybe_firearm", "supports": ["iep"]},
    {"sexual": "contact"},
    {"caused_by": "staff", "harmed": "student"},
    {"adult_conduct": True, "harmed": "student"},
    {"weapon": "unknown", "gun_violence_threat": "unknown"},
    {"substance": "unknown", "distribution": "unknown"},
    {"caused_by": "unknown", "adult_conduct": "unknown"},
    {"sexual": "unknown", "harmed": "student"},
    {"fire_or_bomb": "unknown", "substance": "unknown", "group": 5, "harmed": "none"},
]
"""What incidents turn on; every second one starts from one of these, so that no corner is rare."""


def facts_of(seed: int) -> dict[str, Any]:
    """Return random facts: some sparse, some full, nulls among them, half of them with one to four unknown."""
    chance = random.Random(seed)
    density = chance.choice((0.1, 0.25, 0.5, 0.9))
    found: dict[str, Any] = dict(chance.choice(_CORES))
    for key in [*CHOICES, *FLAGS, *NUMBERS, "behavior", "supports", "harmed_supports"]:
        if key in found or chance.random() >= density:
            continue
        if chance.random() < 0.05:
            found[key] = None
        elif key in CHOICES:
            found[key] = chance.choice(CHOICES[key])
        elif key in NUMBERS:
            found[key] = chance.randint(*NUMBERS[key])
        elif key in LISTS:
            found[key] = chance.choices(LISTS[key], k=chance.randint(0, 4))
        else:
            found[key] = (
                f"{chance.randint(1, 6)}-{chance.randint(1, 9)}" if key == "behavior" else chance.random() < 0.6
            )
    return found | _unknown(found, chance)


def _unknown(found: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return what is unknown beside or instead of what was found, and what was sent on or asked in vain of it."""
    already = [key for key in OPEN if found.get(key) == "unknown"]
    names = [*already, *(chance.sample(OPEN, chance.randint(1, 4 - len(already))) if chance.random() < 0.5 else [])]
    more: dict[str, Any] = dict.fromkeys(names, "unknown")
    for key in ("sent_on", "asked"):
        if chance.random() < 0.3:
            more[key] = [name for name in LISTS[key] if name in (*names, "imminent_danger") and chance.random() < 0.7]
    return more


def known_facts_of(seed: int) -> dict[str, Any]:
    """Return random facts as version 2 of the rules knew them: nothing unknown, nothing new."""
    new = {"adult_conduct", "harmed_supports", "sent_on", "asked"}
    return {
        key: value
        for key, value in facts_of(seed).items()
        if key not in new and (value != "unknown" or key not in OPEN)
    }


facts = st.integers(0, 2**48).map(facts_of)
