"""What is wrong with an answer of the rules: the second reading of the routing text, and its invariants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.routing import oracle
from tests.routing.asking import duties, follow_ups, items
from tests.routing.strategies import FLAGS, SUPPORTS

Facts = dict[str, Any]
Document = dict[str, Any]

FIVE = {"firearm_or_gun_threat", "firearm_report_chicago", "drug_incident", "drug_delivery", "attack_on_staff"}
EVERY_KIND = oracle.CIRCLES | {
    *("conversation", "check_in_check_out", "one_to_one", "group", "reentry_circle", "behavioral_health"),
    *("substance_use", "housing_basic_needs", "violence_intervention", "family_support", "academic"),
}
EXCLUSION = re.compile(r"suspen|expul|expel|exclu|arrest|sent home|fine[sd]\b|suspensi|expuls|multa", re.IGNORECASE)
SENTENCE = re.compile(r"[A-ZÁÉÍÓÚÑ].*\.$")


def disagreements(given: Facts, answer: Document) -> Iterator[str]:
    """Yield where an answer differs from the second reading of the text."""
    expected = oracle.answer(given)
    said = {
        "pathways": {key: (tier, start, set(rules)) for key, (tier, start, rules) in items(answer).items()},
        "holds": [(*hold["rules"], hold["applies_to"]) for hold in answer["holds"]],
        "duties": {entry["duty"]: (entry["state"], set(entry["rules"])) for entry in answer["duties"]},
        "police": answer["police"],
        "follow_ups": follow_ups(answer),
        "notes": answer["notes"],
    }
    for key, value in said.items():
        if value != expected[key]:
            yield f"second reading, {key}: {value}, not {expected[key]}"
    for key in ("pathways", "duties"):
        if len(answer[key]) != len(said[key]):
            yield f"second reading, {key}: one of them twice"


def broken(given: Facts, english: Document, spanish: Document) -> Iterator[str]:
    """Yield the invariants of one answer alone that it breaks."""
    people = {item["for"] for item in english["pathways"]}
    causing = {item["kind"] for item in english["pathways"] if item["for"] != "harmed"}
    kinds = {item["kind"] for item in english["pathways"]}
    by_adult = given.get("caused_by") in ("staff", "other_adult")
    title_ix = (given.get("sexual") or "none") != "none" or given.get("intimate_partner")
    young = given.get("grade") is not None and given["grade"] <= 2
    for number, holds in (
        (1, english["police"] == _police(given, english)),
        (2, by_adult or given.get("caused_by") == "unknown" or people & {"caused_harm", "both"}),
        (2, given.get("harmed") not in ("student", "staff") or people & {"harmed", "both"}),
        (3, not title_ix or not (kinds & oracle.FACE_TO_FACE or causing & {*_SHARED})),
        (4, kinds <= EVERY_KIND),
        (4, not any(EXCLUSION.search(item["because"]) for item in english["pathways"] + spanish["pathways"])),
        (5, not young or causing <= oracle.KEPT_WHEN_YOUNG),
        (8, all(item["rules"] for item in english["pathways"]) and _reads(english, spanish)),
        (11, not by_adult or not (kinds & oracle.CIRCLES or causing)),
    ):
        if not holds:
            yield f"invariant {number}"


_SHARED = ("conversation", "talking_circle", "healing_circle")


def _police(given: Facts, answer: Document) -> str:
    """What invariant 1 leaves: from danger and the five duties of the answer itself, and nothing else."""
    states = {state for duty, state in duties(answer).items() if duty in FIVE}
    if given.get("imminent_danger"):
        return "emergency"
    if "due" in states:
        return "required_by_law"
    possible = given.get("fire_or_bomb") or given.get("gun_violence_threat") or given.get("weapon") == "maybe_firearm"
    unanswered = given.get("imminent_danger") is None
    if unanswered and (given.get("danger_reported") or (possible and given.get("verified") != "no")):
        return "verify"
    return "verify" if "verify_first" in states else "not_indicated"


def _reads(english: Document, spanish: Document) -> bool:
    pairs = zip(english["pathways"] + english["holds"], spanish["pathways"] + spanish["holds"], strict=True)
    return all(
        one["because"] != other["because"] and SENTENCE.match(one["because"]) and SENTENCE.match(other["because"])
        for one, other in pairs
    )


def variants(number: int, given: Facts) -> dict[str, Facts]:
    """Return the facts that invariants across answers hold these against; which flag is turned goes by the number."""
    flag = FLAGS[number % len(FLAGS)]
    housing = [one for one in given.get("supports") or [] if one == "housing"]
    others = [one for at, one in enumerate(SUPPORTS[:3]) if number >> at & 1]
    student = {"group": number % 6 + 1, "grade": number % 14 - 1, "priors_90d": number % 7, "priors_365d": number % 9}
    return {
        "other student": given | student | {"supports": others},
        "false": given | {flag: False},
        "true": given | {flag: True},
        "other order": {key: given[key] for key in reversed(given)},
        "without nulls": {key: value for key, value in given.items() if value is not None},
        "other supports": given | {"supports": housing + others},
    }


def broken_across(answer: Document, other: dict[str, Document]) -> Iterator[str]:
    """Yield the invariants that hold between an answer and those to its variants, and that are broken."""
    before, after = duties(other["false"]), duties(other["true"])
    by_supports = other["other supports"]
    for number, holds in (
        (1, answer["police"] == other["other student"]["police"]),
        (6, all(duty in after and (state != "due" or after[duty] == "due") for duty, state in before.items())),
        (7, answer == other["other order"] == other["without nulls"]),
        (10, (answer["police"], answer["holds"]) == (by_supports["police"], by_supports["holds"])),
        (10, items(answer) == items(by_supports)),
    ):
        if not holds:
            yield f"invariant {number}"
