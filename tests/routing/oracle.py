"""A second, independent reading of the routing text, written straight down without tables.

It shares no code with the engine; the tests compare the two over generated facts. What is unknown is read by trying
every answer: a row that matches whatever is answered is certain, one that matches for some answers only is in doubt,
and it hangs on each fact whose answer alone turns it.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

Facts = dict[str, Any]
Key = tuple[str, str]
Predicate = Callable[[Facts], Any]

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
YES_NO = (False, True)
ANSWERS: dict[str, tuple[Any, ...]] = {
    "harmed": ("none", "student", "staff", "community"),
    "mutual": YES_NO,
    "injury": ("none", "minor", "needed_care"),
    "weapon": ("none", "lookalike", "maybe_firearm", "other", "firearm"),
    "gun_violence_threat": YES_NO,
    "fire_or_bomb": YES_NO,
    "substance": ("none", "tobacco_vape", "alcohol", "cannabis", "narcotic_or_meth", "other_drug"),
    "distribution": YES_NO,
    "sexual": ("none", "harassment", "contact", "image"),
    "adult_conduct": YES_NO,
    "intimate_partner": YES_NO,
    "bullying": YES_NO,
    "bias": YES_NO,
    "self_harm": YES_NO,
    "abuse_suspected": YES_NO,
    "repeated_between_same_people": YES_NO,
}
"""What may be unknown, and every answer to it."""
ORDER = [*list(ANSWERS)[:6], "imminent_danger", *list(ANSWERS)[6:]]
"""The order in which questions are asked."""
FIVE = {"firearm_or_gun_threat", "firearm_report_chicago", "drug_incident", "drug_delivery", "attack_on_staff"}
STRENGTH = ("possible", "verify_first", "due")
AGAIN = "bullying repeated_between_same_people"
TITLE_IX = "sexual intimate_partner"


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


class Doubts:
    """The facts, what is in doubt about them, and which rules wait for which answer."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.sent_on = set(facts.get("sent_on", ()))
        self.asked = set(facts.get("asked", ()))
        self.waiting: dict[str, set[str]] = {}
        self.stopping: set[str] = set()

    def reading(self, names: str, predicate: Predicate) -> tuple[str, set[str]]:
        """Return yes, no or maybe, and for maybe the facts that turn it; `names` are those it looks at."""
        doubtful = [name for name in names.split() if self.facts.get(name) == "unknown"]
        ways = {
            way: bool(predicate(self.facts | dict(zip(doubtful, way, strict=True))))
            for way in product(*(ANSWERS[name] for name in doubtful))
        }
        if len(set(ways.values())) == 1:
            return ("yes" if ways.popitem()[1] else "no"), set()
        turning = {
            name
            for at, name in enumerate(doubtful)
            if any(ways[way] != ways[(*way[:at], other, *way[at + 1 :])] for way in ways for other in ANSWERS[name])
        }
        return "maybe", turning

    def wait(self, rule: str, facts: set[str], *, must: bool) -> None:
        """A rule, or the police line, waits for answers."""
        for name in facts:
            self.waiting.setdefault(name, set()).update({rule} - {""})
        if must:
            self.stopping |= facts

    def sure(self, rule: str, names: str, predicate: Predicate, *, must: bool = True) -> bool:
        """Whether a row of pathways or follow-ups applies; where it is in doubt it waits."""
        verdict, turning = self.reading(names, predicate)
        self.wait(rule, turning, must=must)
        return verdict == "yes"

    def questions(self) -> list[tuple[str, str, set[str]]]:
        """Return fact, weight and rules in the order in which they are asked."""
        weights: dict[str, list[str]] = {"must": [], "may": [], "asked": []}
        for name in ORDER:
            if name in self.waiting and name not in self.sent_on:
                stops = name in self.stopping or name == "self_harm"
                weights["asked" if name in self.asked else "must" if stops else "may"].append(name)
        return [(name, weight, self.waiting[name]) for weight, names in weights.items() for name in names]


def answer(given: Facts) -> dict[str, Any]:
    """Return pathways, holds, duties, police, follow_ups, open_questions and notes for facts that are valid."""
    facts = {key: value for key, value in given.items() if value is not None}
    if facts.get("imminent_danger") == "unknown":
        del facts["imminent_danger"]
    facts = dict.fromkeys(facts.get("sent_on", ()), "unknown") | facts
    doubts, items = Doubts(facts), Items()
    _pathways(doubts, items)
    _young(facts, items)
    holds = _holds(doubts, items)
    _nobody_left_out(doubts, items, {rule for rule, *_ in holds})
    duties, certain = _duties(doubts)
    police = _police(doubts, duties, certain)
    if "iep" in facts.get("supports", []) and police in ("required_by_law", "emergency"):
        duties["disability_records"] = ("due", {"D10"})
    return {
        "pathways": {key: (tier, start, rules) for key, (tier, start, rules) in items.found.items()},
        "holds": holds,
        "duties": duties,
        "police": police,
        "follow_ups": _follow_ups(doubts, items),
        "open_questions": doubts.questions(),
        "notes": [] if "group" in facts else ["not_coded_yet"],
    }


def _police(doubts: Doubts, duties: dict[str, tuple[str, set[str]]], certain: set[str]) -> str:
    f = doubts.facts
    states = {state for duty, (state, _) in duties.items() if duty in FIVE}
    danger, turning = "no", set[str]()
    if "imminent_danger" not in f:
        danger, turning = _danger(doubts)
    if danger == "yes":
        doubts.wait("", {"imminent_danger"}, must=True)
    if danger == "maybe" and not certain & FIVE:
        doubts.wait("", turning, must=True)
    if f.get("imminent_danger"):
        return "emergency"
    if "due" in states:
        return "required_by_law"
    return "verify" if states or danger != "no" else "not_indicated"


def _danger(doubts: Doubts) -> tuple[str, set[str]]:
    if doubts.facts.get("danger_reported"):
        return "yes", set()
    if doubts.facts.get("verified") == "no":
        return "no", set()
    return doubts.reading(
        "weapon gun_violence_threat fire_or_bomb",
        lambda f: f.get("fire_or_bomb") or f.get("gun_violence_threat") or f.get("weapon") == "maybe_firearm",
    )


def _again(f: Facts) -> bool:
    return bool(f.get("bullying") or f.get("repeated_between_same_people"))


def _armed(f: Facts) -> bool:
    return f.get("weapon") in ("firearm", "maybe_firearm", "other") or bool(f.get("gun_violence_threat"))


def _pathways(doubts: Doubts, items: Items) -> None:
    facts, sure = doubts.facts, doubts.sure
    group, recent, year = facts.get("group", 0), facts.get("priors_90d", 0), facts.get("priors_365d", 0)
    attendance = facts.get("attendance")
    if attendance:
        items.add("P0", "family_support", 2, 5)
    elif group in (1, 2):
        if recent < 3:
            items.add("P1", "conversation", 1, 1)
        else:
            items.add("P2", "conversation", 1, 1)
            items.add("P2", "check_in_check_out", 2, 5)

    def mutual(f: Facts) -> bool:
        fits = f.get("mutual") and f.get("harmed") == "student" and group <= 3
        return bool(fits and f.get("injury") != "needed_care" and not _again(f))

    both = sure("P3", f"mutual harmed injury {AGAIN}", mutual)
    if both:
        items.add("P3", "peer_conference", 2, 5)

    def prepared(f: Facts) -> bool:
        return f.get("harmed") in ("student", "staff") and (group >= 3 or f.get("injury") == "needed_care")

    if not both and sure("P4", "harmed injury", prepared):
        items.add("P4", "peace_circle", 3 if group >= 5 or facts.get("injury") == "needed_care" else 2, 10)
    if sure("P5", "harmed bias", lambda f: f.get("harmed") == "community" or f.get("bias")):
        items.add("P5", "healing_circle", 2, 10)
    if not attendance and (year >= 5 or (group >= 4 and recent >= 1)):
        items.add("P6", "one_to_one", 3, 10)
    if sure("P7", "substance", lambda f: f.get("substance", "none") != "none"):
        items.add("P7", "substance_use", 3 if facts.get("distribution") is True or year >= 1 else 2, 5)
    _more_pathways(doubts, items)
    if sure(
        "P16", "fire_or_bomb harmed", lambda f: f.get("fire_or_bomb") or (group >= 5 and f.get("harmed") == "none")
    ):
        items.add("P16", "one_to_one", 3, 2)
        items.add("P16", "behavioral_health", 3, 2)


def _more_pathways(doubts: Doubts, items: Items) -> None:
    facts, sure = doubts.facts, doubts.sure
    returning = facts.get("returning_from")
    if sure(
        "P8",
        "self_harm abuse_suspected",
        lambda f: f.get("self_harm") or f.get("abuse_suspected") or returning == "hospital",
    ):
        items.add("P8", "behavioral_health", 3, 0)
    if sure("P9", "weapon gun_violence_threat", _armed):
        items.add("P9", "violence_intervention", 3, 2)
        items.add("P9", "one_to_one", 3, 2)
    if sure(
        "P9b",
        "weapon gun_violence_threat",
        lambda f: f.get("weapon") == "lookalike" and not f.get("gun_violence_threat"),
    ):
        items.add("P9b", "conversation", 1, 1)
        items.add("P9b", "family_support", 2, 5)
    if "housing" in facts.get("supports", []) and not facts.get("housing_support_open"):
        items.add("P10", "housing_basic_needs", 2, 5)
    if returning in ("suspension", "absence", "placement"):
        items.add("P11", "reentry_circle", 2, 0)
    if sure("P12", AGAIN, _again):
        items.add("P12", "support_circle", 2, 2)
        items.add("P12", "one_to_one", 2, 5)
    if facts.get("harmed_wants_to_meet") == "no":
        items.add("P13", "support_circle", 2, 2)
        items.add("P13", "one_to_one", 2, 10)


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


def _meet(kind: str, whom: str) -> bool:
    return kind in FACE_TO_FACE


def _talk(kind: str, whom: str) -> bool:
    return kind in FACE_TO_FACE or (whom != "harmed" and kind in ("conversation", "healing_circle", "talking_circle"))


def _theirs(kind: str, whom: str) -> bool:
    return whom != "harmed" or kind in CIRCLES


def _holds(doubts: Doubts, items: Items) -> list[tuple[str, str, str]]:
    """Return rule, what it keeps back, and its state."""
    caused_by = doubts.facts.get("caused_by", "student")
    rows: list[tuple[str, str, str, Predicate, Any, Any]] = [
        ("H1", "shared_and_conversation", TITLE_IX, _apart, _talk, _talk),
        ("H2", "face_to_face", AGAIN, _again, _meet, _meet),
        ("H3", "face_to_face", "", lambda f: f.get("ready_to_meet") == "no", _meet, _meet),
        ("H4", "face_to_face", "", lambda f: f.get("harmed_wants_to_meet") == "no", _meet, _meet),
        ("H5", "face_to_face", "", lambda f: f.get("imminent_danger"), _meet, _meet),
        (
            "H7",
            "face_to_face",
            "adult_conduct",
            lambda f: f.get("adult_conduct") and caused_by == "student",
            _meet,
            _meet,
        ),
        (
            "H6",
            "caused_harm_and_circles",
            "adult_conduct",
            lambda f: _by_adult(f) or (f.get("adult_conduct") and caused_by == "unknown"),
            _theirs,
            _meet,
        ),
    ]
    holds = []
    for rule, applies_to, names, predicate, goes, goes_on_a_maybe in rows:
        verdict, turning = doubts.reading(names, predicate)
        if verdict == "no":
            continue
        doubts.wait(rule, turning, must=True)
        holds.append((rule, applies_to, "holds" if verdict == "yes" else "until_known"))
        items.drop(goes if verdict == "yes" else goes_on_a_maybe)
        if verdict == "yes" and (rule == "H1" or (rule == "H6" and doubts.facts.get("harmed") == "student")):
            items.add(rule, "behavioral_health", 2, 1, "harmed")
    return holds


def _nobody_left_out(doubts: Doubts, items: Items, held: set[str]) -> None:
    f = doubts.facts
    maybe_an_adult = f.get("caused_by") == "unknown" and f.get("adult_conduct") in (True, "unknown")
    if not _by_adult(f) and not maybe_an_adult and items.nobody("caused_harm"):
        if "H1" not in held:
            items.add("P15", "conversation", 1, 1)
        elif _is_young(f):
            items.add("P15", "family_support", 2, 5)
        else:
            items.add("P15", "one_to_one", 2, 10)
    apart = bool(held & {"H1", "H6", "H7"})
    left = items.nobody("harmed")
    if doubts.sure("P15", "harmed", lambda f: left and f.get("harmed") in ("student", "staff"), must=apart):
        kind, tier = ("behavioral_health", 2) if apart else ("conversation", 1)
        items.add("P15", kind, tier, 1, "harmed")


def _duties(doubts: Doubts) -> tuple[dict[str, tuple[str, set[str]]], set[str]]:
    """Return state and rules of each duty, and the duties that some row raises whatever is answered."""
    raised: dict[str, tuple[str, set[str]]] = {}
    certain: set[str] = set()
    for rule, duty, names, predicate, state in _duty_rows(doubts.facts):
        verdict, turning = doubts.reading(names, predicate)
        if verdict == "no" or not state:
            continue
        if verdict == "yes":
            certain.add(duty)
        elif not turning & doubts.sent_on:
            state = "verify_first" if turning <= doubts.asked else "possible"
        doubts.wait(rule, turning, must=True)
        before, rules = raised.get(duty, (state, set()))
        raised[duty] = (max(before, state, key=STRENGTH.index), rules | {rule})
    return raised, certain


def _duty_rows(f: Facts) -> list[tuple[str, str, str, Predicate, str]]:
    by_verified = {"yes": "due", "no": ""}.get(f.get("verified", "unknown"), "verify_first")
    only_verify = "" if f.get("verified") == "no" else "verify_first"
    unless_no = "" if f.get("verified") == "no" else "due"
    place, complaint = f.get("place"), f.get("staff_written_complaint")
    drug = only_verify if place in (None, "school_event") else by_verified if place in ("on_grounds", "vehicle") else ""
    near = ("on_grounds", "vehicle", "school_event", "travel")
    delivery = only_verify if place is None else by_verified if place in near else ""
    passed_on = ("cannabis", "narcotic_or_meth", "other_drug")
    return [
        (
            "D1",
            "firearm_or_gun_threat",
            "weapon gun_violence_threat",
            lambda f: f.get("weapon") == "firearm" or f.get("gun_violence_threat"),
            unless_no,
        ),
        ("D1", "firearm_or_gun_threat", "weapon", lambda f: f.get("weapon") == "maybe_firearm", by_verified),
        (
            "D1",
            "firearm_report_chicago",
            "weapon",
            lambda f: f.get("weapon") in ("firearm", "maybe_firearm"),
            by_verified,
        ),
        ("D2", "drug_incident", "substance", lambda f: f.get("substance") in ("cannabis", "narcotic_or_meth"), drug),
        (
            "D2b",
            "drug_delivery",
            "substance distribution",
            lambda f: f.get("distribution") and f.get("substance") in passed_on,
            delivery,
        ),
        ("D3", "attack_on_staff", "harmed", lambda f: complaint and f.get("harmed") == "staff", by_verified),
        ("D4", "clear_and_present_danger", "", lambda f: f.get("clear_and_present_danger"), "due"),
        ("D5", "child_abuse_or_neglect", "abuse_suspected", lambda f: f.get("abuse_suspected"), "due"),
        ("D6", "bullying_notice", "bullying", lambda f: f.get("bullying"), "due"),
        ("D7", "title_ix_contact", TITLE_IX, _apart, "due"),
        ("D11", "article_26a_support", TITLE_IX, _apart, "due"),
        ("D8", "civil_rights_contact", "bias", lambda f: f.get("bias"), "due"),
        (
            "D9",
            "adult_conduct",
            "adult_conduct harmed",
            lambda f: f.get("adult_conduct") or (_by_adult(f) and f.get("harmed") == "student"),
            "due",
        ),
    ]


def _follow_ups(doubts: Doubts, items: Items) -> list[tuple[str, str, int]]:
    facts = doubts.facts
    supports, theirs = facts.get("supports", []), facts.get("harmed_supports", [])
    other_adult = facts.get("caused_by") == "other_adult"
    circle = any(kind in CIRCLES for kind, _ in items.found)
    lines: list[tuple[str, str, tuple[int, ...], str, Predicate]] = [
        (
            "F1",
            "guardian_contact",
            (0,),
            "abuse_suspected",
            lambda f: not f.get("abuse_suspected") and not _by_adult(f),
        ),
        ("F2", "contact_person_harmed", (1,), "harmed", lambda f: f.get("harmed") in ("student", "staff")),
        (
            "F9",
            "guardian_contact_harmed",
            (0,),
            "harmed abuse_suspected",
            lambda f: f.get("harmed") == "student" and not f.get("abuse_suspected") and not other_adult,
        ),
        ("F3", "pre_meetings", (3,), "", lambda f: circle),
        ("F4", "safe_passage_contact", (1,), "", lambda f: f.get("place") == "travel"),
        ("F5", "check_in_person_harmed", (5, 20), "harmed", lambda f: f.get("harmed") == "student"),
        ("F6", "safety_plan", (1,), AGAIN, _again),
        ("F7", "plan_case_manager", (1,), "", lambda f: "iep" in supports or "504" in supports),
        ("F7b", "plan_case_manager_harmed", (1,), "", lambda f: "iep" in theirs or "504" in theirs),
        ("F8", "liaison", (1,), "", lambda f: "housing" in supports),
        (
            "F10",
            "threat_team",
            (0,),
            "weapon gun_violence_threat fire_or_bomb",
            lambda f: _armed(f) or f.get("fire_or_bomb"),
        ),
    ]
    return [
        (rule, kind, day)
        for rule, kind, days, names, predicate in lines
        if doubts.sure(rule, names, predicate, must=False)
        for day in days
    ]
