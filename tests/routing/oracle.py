"""A second, independent reading of the routing text, written straight down without tables.

It shares no code with the engine; the tests compare the two over generated facts.
"""

from typing import Any

Facts = dict[str, Any]
Key = tuple[str, str]

FACE_TO_FACE = {"peace_circle", "peer_conference", "family_group_conference"}
CIRCLES = FACE_TO_FACE | {"talking_circle", "healing_circle", "support_circle"}
KEPT_WHEN_YOUNG = {
    "conversation",
    "talking_circle",
    "family_support",
    "behavioral_health",
    "housing_basic_needs",
    "academic",
}
USUALLY_FOR = {"peace_circle": "both", "peer_conference": "both", "healing_circle": "both", "support_circle": "harmed"}


class Items:
    """Items by kind and person: [tier, start, rules]."""

    def __init__(self) -> None:
        self.found: dict[Key, list[Any]] = {}

    def add(self, rule: str, kind: str, tier: int, start: int, whom: str = "") -> None:
        key = (kind, whom or USUALLY_FOR.get(kind, "caused_harm"))
        entry = self.found.setdefault(key, [tier, start, set()])
        entry[0] = max(entry[0], tier)
        entry[1] = min(entry[1], start)
        entry[2].add(rule)

    def drop(self, unwanted: Any) -> bool:
        gone = [key for key in self.found if unwanted(*key)]
        for key in gone:
            del self.found[key]
        return bool(gone)

    def nobody(self, whom: str) -> bool:
        return not any(person in (whom, "both") for _, person in self.found)


def answer(given: Facts) -> dict[str, Any]:
    """Return pathways, holds, duties, police, follow_ups and notes for facts that are valid."""
    facts = {key: value for key, value in given.items() if value is not None}
    items = Items()
    _pathways(facts, items)
    _young(facts, items)
    holds = _holds(facts, items)
    _nobody_left_out(facts, items)
    duties = _duties(facts)
    police = "not_indicated"
    notifying = {"firearm_or_gun_threat", "firearm_report_chicago", "drug_incident", "drug_delivery", "attack_on_staff"}
    if any(duty in notifying and state == "due" for duty, (state, _) in duties.items()):
        police = "required_by_law"
    if police == "not_indicated" and (_waits_to_be_verified(duties, notifying) or _danger_not_answered(facts)):
        police = "verify"
    if facts.get("imminent_danger"):
        police = "emergency"
    if "iep" in facts.get("supports", []) and police in ("required_by_law", "emergency"):
        duties["disability_records"] = ("due", {"D10"})
    return {
        "pathways": {key: (tier, start, rules) for key, (tier, start, rules) in items.found.items()},
        "holds": holds,
        "duties": duties,
        "police": police,
        "follow_ups": _follow_ups(facts, items),
        "notes": [] if "group" in facts else ["not_coded_yet"],
    }


def _waits_to_be_verified(duties: dict[str, tuple[str, set[str]]], notifying: set[str]) -> bool:
    return any(duty in notifying and state == "verify_first" for duty, (state, _) in duties.items())


def _danger_not_answered(f: Facts) -> bool:
    if "imminent_danger" in f:
        return False
    doubt = f.get("fire_or_bomb") or f.get("gun_violence_threat") or f.get("weapon") == "maybe_firearm"
    return bool(f.get("danger_reported") or (doubt and f.get("verified") != "no"))


def _pathways(f: Facts, items: Items) -> None:
    group, recent, year = f.get("group", 0), f.get("priors_90d", 0), f.get("priors_365d", 0)
    harmed, injury, weapon = f.get("harmed"), f.get("injury"), f.get("weapon")
    attendance, again = f.get("attendance"), f.get("bullying") or f.get("repeated_between_same_people")
    if attendance:
        items.add("P0", "family_support", 2, 5)
    elif group in (1, 2):
        if recent < 3:
            items.add("P1", "conversation", 1, 1)
        else:
            items.add("P2", "conversation", 1, 1)
            items.add("P2", "check_in_check_out", 2, 5)
    mutual = f.get("mutual") and harmed == "student" and group <= 3 and injury != "needed_care" and not again
    if mutual:
        items.add("P3", "peer_conference", 2, 5)
    elif harmed in ("student", "staff") and (group >= 3 or injury == "needed_care"):
        items.add("P4", "peace_circle", 3 if group >= 5 or injury == "needed_care" else 2, 10)
    if harmed == "community" or f.get("bias"):
        items.add("P5", "healing_circle", 2, 10)
    if not attendance and (year >= 5 or (group >= 4 and recent >= 1)):
        items.add("P6", "one_to_one", 3, 10)
    if f.get("substance", "none") != "none":
        items.add("P7", "substance_use", 3 if f.get("distribution") or year >= 1 else 2, 5)
    if f.get("self_harm") or f.get("abuse_suspected") or f.get("returning_from") == "hospital":
        items.add("P8", "behavioral_health", 3, 0)
    if weapon in ("firearm", "maybe_firearm", "other") or f.get("gun_violence_threat"):
        items.add("P9", "violence_intervention", 3, 2)
        items.add("P9", "one_to_one", 3, 2)
    if weapon == "lookalike" and not f.get("gun_violence_threat"):
        items.add("P9b", "conversation", 1, 1)
        items.add("P9b", "family_support", 2, 5)
    if "housing" in f.get("supports", []) and not f.get("housing_support_open"):
        items.add("P10", "housing_basic_needs", 2, 5)
    if f.get("returning_from") in ("suspension", "absence", "placement"):
        items.add("P11", "reentry_circle", 2, 0)
    if again:
        items.add("P12", "support_circle", 2, 2)
        items.add("P12", "one_to_one", 2, 5)
    if f.get("harmed_wants_to_meet") == "no":
        items.add("P13", "support_circle", 2, 2)
        items.add("P13", "one_to_one", 2, 10)
    if f.get("fire_or_bomb") or (group >= 5 and harmed == "none"):
        items.add("P16", "one_to_one", 3, 2)
        items.add("P16", "behavioral_health", 3, 2)


def _is_young(f: Facts) -> bool:
    return "grade" in f and f["grade"] <= 2


def _young(f: Facts, items: Items) -> None:
    if _is_young(f) and items.drop(lambda kind, whom: whom != "harmed" and kind not in KEPT_WHEN_YOUNG):
        items.add("P14", "conversation", 1, 1)
        items.add("P14", "family_support", 2, 5)


def _apart(f: Facts) -> bool:
    return f.get("sexual", "none") != "none" or bool(f.get("intimate_partner"))


def _by_adult(f: Facts) -> bool:
    return f.get("caused_by") in ("staff", "other_adult")


def _holds(f: Facts, items: Items) -> list[tuple[str, str]]:
    holds = []
    if _apart(f):
        holds.append(("H1", "shared_and_conversation"))
        items.drop(
            lambda kind, whom: (
                kind in FACE_TO_FACE
                or (whom != "harmed" and kind in ("conversation", "healing_circle", "talking_circle"))
            )
        )
        items.add("H1", "behavioral_health", 2, 1, "harmed")
    meetings = {
        "H2": f.get("bullying") or f.get("repeated_between_same_people"),
        "H3": f.get("ready_to_meet") == "no",
        "H4": f.get("harmed_wants_to_meet") == "no",
        "H5": f.get("imminent_danger"),
    }
    for rule, matches in meetings.items():
        if matches:
            holds.append((rule, "face_to_face"))
            items.drop(lambda kind, _: kind in FACE_TO_FACE)
    if _by_adult(f):
        holds.append(("H6", "caused_harm_and_circles"))
        items.drop(lambda kind, whom: whom != "harmed" or kind in CIRCLES)
        if f.get("harmed") == "student":
            items.add("H6", "behavioral_health", 2, 1, "harmed")
    return holds


def _nobody_left_out(f: Facts, items: Items) -> None:
    if not _by_adult(f) and items.nobody("caused_harm"):
        if not _apart(f):
            items.add("P15", "conversation", 1, 1)
        elif _is_young(f):
            items.add("P15", "family_support", 2, 5)
        else:
            items.add("P15", "one_to_one", 2, 10)
    if f.get("harmed") in ("student", "staff") and items.nobody("harmed"):
        items.add("P15", "conversation", 1, 1, "harmed")


def _duties(f: Facts) -> dict[str, tuple[str, set[str]]]:
    by_verified = {"yes": "due", "no": ""}.get(f.get("verified", "unknown"), "verify_first")
    only_verify = "" if f.get("verified") == "no" else "verify_first"
    place, weapon, substance = f.get("place"), f.get("weapon"), f.get("substance")
    raised: list[tuple[str, str, str]] = []
    if (weapon == "firearm" or f.get("gun_violence_threat")) and f.get("verified") != "no":
        raised.append(("D1", "firearm_or_gun_threat", "due"))
    elif weapon == "maybe_firearm":
        raised.append(("D1", "firearm_or_gun_threat", by_verified))
    if weapon in ("firearm", "maybe_firearm"):
        raised.append(("D1", "firearm_report_chicago", by_verified))
    if substance in ("cannabis", "narcotic_or_meth"):
        if place in ("on_grounds", "vehicle"):
            raised.append(("D2", "drug_incident", by_verified))
        elif place in (None, "school_event"):
            raised.append(("D2", "drug_incident", only_verify))
    if f.get("distribution") and substance in ("cannabis", "narcotic_or_meth", "other_drug"):
        if place in ("on_grounds", "vehicle", "school_event", "travel"):
            raised.append(("D2b", "drug_delivery", by_verified))
        elif place is None:
            raised.append(("D2b", "drug_delivery", only_verify))
    if f.get("harmed") == "staff" and f.get("staff_written_complaint"):
        raised.append(("D3", "attack_on_staff", by_verified))
    plain = [
        ("D4", "clear_and_present_danger", f.get("clear_and_present_danger")),
        ("D5", "child_abuse_or_neglect", f.get("abuse_suspected")),
        ("D6", "bullying_notice", f.get("bullying")),
        ("D7", "title_ix_contact", _apart(f)),
        ("D8", "civil_rights_contact", f.get("bias")),
        ("D9", "adult_conduct", _by_adult(f) and f.get("harmed") == "student"),
    ]
    raised += [(rule, duty, "due") for rule, duty, matches in plain if matches]
    return {duty: (state, {rule}) for rule, duty, state in raised if state}


def _follow_ups(f: Facts, items: Items) -> list[tuple[str, str, int]]:
    supports = f.get("supports", [])
    someone = f.get("harmed") in ("student", "staff")
    advised_first = f.get("abuse_suspected") or f.get("caused_by") == "other_adult"
    family_of_harmed = f.get("harmed") == "student" and not advised_first
    lines = [
        ("F1", "guardian_contact", 0, not f.get("abuse_suspected") and not _by_adult(f)),
        ("F2", "contact_person_harmed", 1, someone),
        ("F9", "guardian_contact_harmed", 0, family_of_harmed),
        ("F3", "pre_meetings", 3, any(kind in CIRCLES for kind, _ in items.found)),
        ("F4", "safe_passage_contact", 1, f.get("place") == "travel"),
        ("F5", "check_in_person_harmed", 5, f.get("harmed") == "student"),
        ("F5", "check_in_person_harmed", 20, f.get("harmed") == "student"),
        ("F6", "safety_plan", 1, f.get("bullying") or f.get("repeated_between_same_people")),
        ("F7", "plan_case_manager", 1, "iep" in supports or "504" in supports),
        ("F8", "liaison", 1, "housing" in supports),
    ]
    return [(rule, kind, days) for rule, kind, days, matches in lines if matches]
