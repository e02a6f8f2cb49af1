"""What is wrong with an answer of the rules: the second reading of the routing text, and its invariants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
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
        "holds": [(*hold["rules"], hold["applies_to"], hold["state"]) for hold in answer["holds"]],
        "duties": {entry["duty"]: (entry["state"], set(entry["rules"])) for entry in answer["duties"]},
        "police": answer["police"],
        "follow_ups": follow_ups(answer),
        "open_questions": [(one["fact"], one["weight"], set(one["rules"])) for one in answer["open_questions"]],
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
    nobody_known = given.get("caused_by") == "unknown"
    by_adult = given.get("caused_by") in ("staff", "other_adult") or (
        nobody_known and given.get("adult_conduct") is True
    )
    title_ix = (given.get("sexual") or "none") != "none" or given.get("intimate_partner") or _title_ix_sent_on(given)
    young = given.get("grade") is not None and given["grade"] <= 2
    for number, holds in (
        (1, english["police"] == _police(given, english)),
        (2, by_adult or nobody_known or people & {"caused_harm", "both"}),
        (2, given.get("harmed") not in ("student", "staff") or people & {"harmed", "both"}),
        (3, not title_ix or not (kinds & oracle.FACE_TO_FACE or causing & {*_SHARED})),
        (4, kinds <= EVERY_KIND),
        (4, not any(EXCLUSION.search(item["because"]) for item in english["pathways"] + spanish["pathways"])),
        (5, not young or causing <= oracle.KEPT_WHEN_YOUNG),
        (8, all(item["rules"] for item in english["pathways"]) and _reads(english, spanish)),
        (11, not by_adult or not (kinds & oracle.CIRCLES or causing)),
        (13, all(_may_ask(given, question["fact"]) for question in english["open_questions"])),
    ):
        if not holds:
            yield f"invariant {number}"


def _title_ix_sent_on(given: Facts) -> bool:
    return any(name in (given.get("sent_on") or []) and name not in given for name in ("sexual", "intimate_partner"))


def _may_ask(given: Facts, fact: str) -> bool:
    """Whether a question may name this fact: it is unknown, or nobody has said whether there is danger."""
    return given.get("imminent_danger") is None if fact == "imminent_danger" else given.get(fact) == "unknown"


_SHARED = ("conversation", "talking_circle", "healing_circle")


def _police(given: Facts, answer: Document) -> str:
    """What invariant 1 leaves: from danger and the five duties of the answer itself, and nothing else."""
    states = {state for duty, state in duties(answer).items() if duty in FIVE}
    if given.get("imminent_danger"):
        return "emergency"
    if "due" in states:
        return "required_by_law"
    if given.get("imminent_danger") is not None:
        return "verify" if states else "not_indicated"
    doubted = given.get("verified") != "no" and (
        any(given.get(name) in (True, "unknown") for name in ("fire_or_bomb", "gun_violence_threat"))
        or given.get("weapon") in ("maybe_firearm", "unknown")
    )
    return "verify" if states or doubted or given.get("danger_reported") else "not_indicated"


def _reads(english: Document, spanish: Document) -> bool:
    said, dicho = (one["pathways"] + one["holds"] + one["open_questions"] for one in (english, spanish))
    return all(
        one["because"] != other["because"] and SENTENCE.match(one["because"]) and SENTENCE.match(other["because"])
        for one, other in zip(said, dicho, strict=True)
    )


def variants(number: int, given: Facts) -> dict[str, Facts]:
    """Return the facts that invariants across answers hold these against; which flag is turned goes by the number."""
    flag = FLAGS[number % len(FLAGS)]
    housing = [one for one in given.get("supports") or [] if one == "housing"]
    others = [one for at, one in enumerate(SUPPORTS[:3]) if number >> at & 1]
    student = {"group": number % 6 + 1, "grade": number % 14 - 1, "priors_90d": number % 7, "priors_365d": number % 9}
    return {
        "other student": given | student | {"supports": others, "harmed_supports": others[::-1]},
        "false": given | {flag: False},
        "true": given | {flag: True},
        "other order": {key: given[key] for key in reversed(given)},
        "without nulls": {key: value for key, value in given.items() if value is not None},
        "other supports": given | {"supports": housing + others, "harmed_supports": others},
    }


def completions(given: Facts) -> dict[tuple[Any, ...], Facts]:
    """Return the facts with every answer to what is unknown, by those answers in the order of `unknown_in`."""
    names = unknown_in(given)
    return {
        answers: given | dict(zip(names, answers, strict=True))
        for answers in product(*(oracle.ANSWERS[name] for name in names))
    }


def unknown_in(given: Facts) -> list[str]:
    sent_on = [name for name in given.get("sent_on") or [] if given.get(name) is None]
    return [name for name in oracle.ANSWERS if given.get(name) == "unknown" or name in sent_on]


def broken_by_answers(given: Facts, answer: Document, told: dict[tuple[Any, ...], Document]) -> Iterator[str]:
    """Yield invariants 12 and 13 where they do not hold between facts with unknowns and those of `completions`."""
    raised, held = {*duties(answer), "disability_records"}, _held(answer)
    for other in told.values():
        if set(duties(other)) - raised or _held(other) - held:
            yield "invariant 12"
        if answer["police"] == "not_indicated" != other["police"]:
            yield "invariant 12"
    settled = {one["fact"] for one in answer["open_questions"] if one["weight"] in ("must", "asked")}
    for place, name in enumerate(unknown_in(given)):
        if name not in {*settled, *(given.get("sent_on") or [])}:
            beside: dict[tuple[Any, ...], Any] = {}
            for answers, other in told.items():
                said = (duties(other), _held(other), other["police"])
                if beside.setdefault((*answers[:place], *answers[place + 1 :]), said) != said:
                    yield "invariant 13"
                    break


def _held(answer: Document) -> set[str]:
    return {rule for hold in answer["holds"] for rule in hold["rules"]}


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
