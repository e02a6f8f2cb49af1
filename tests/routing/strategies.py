"""Generated facts: every key may be missing, null, or hold any allowed value.

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

_STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    **{key: st.sampled_from(words) for key, words in CHOICES.items()},
    **{key: st.booleans() for key in FLAGS},
    **{key: st.integers(least, most) for key, (least, most) in NUMBERS.items()},
    "behavior": st.text(max_size=8),
    "supports": st.lists(st.sampled_from(SUPPORTS), max_size=5),
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
    {"harmed": "staff", "staff_written_complaint": True},
    {"substance": "cannabis", "distribution": True},
    {"weapon": "maybe_firearm", "supports": ["iep"]},
    {"sexual": "contact"},
    {"caused_by": "staff", "harmed": "student"},
]
"""What incidents turn on; every second one starts from one of these, so that no corner is rare."""


def facts_of(seed: int) -> dict[str, Any]:
    """Return random facts: some sparse, some full, nulls among them."""
    chance = random.Random(seed)
    density = chance.choice((0.1, 0.25, 0.5, 0.9))
    found: dict[str, Any] = dict(chance.choice(_CORES))
    for key in [*CHOICES, *FLAGS, *NUMBERS, "behavior", "supports"]:
        if key in found or chance.random() >= density:
            continue
        if chance.random() < 0.05:
            found[key] = None
        elif key in CHOICES:
            found[key] = chance.choice(CHOICES[key])
        elif key in NUMBERS:
            found[key] = chance.randint(*NUMBERS[key])
        elif key == "supports":
            found[key] = chance.choices(SUPPORTS, k=chance.randint(0, 4))
        else:
            found[key] = (
                f"{chance.randint(1, 6)}-{chance.randint(1, 9)}" if key == "behavior" else chance.random() < 0.6
            )
    return found


facts = st.integers(0, 2**48).map(facts_of)
