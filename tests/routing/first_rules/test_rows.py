"""Every row of the first rule set, by hand: facts that match it, and neighbours that do not."""

from typing import Any

import pytest

from tests.routing.asking import ask, duties, follow_ups, hold_rules, items
from tests.routing.first_rules.rule_set import first_rows
from wss_cases.routing.engine.facts import parse_facts

Facts = dict[str, Any]
Expected = dict[tuple[str, str], tuple[int, int, list[str]]]
CAUSED, HARMED, BOTH = "caused_harm", "harmed", "both"

PATHWAY_EXAMPLES: list[tuple[str, Facts, Expected]] = [
    ("P0", {"attendance": True, "group": 1}, {("family_support", CAUSED): (2, 5, ["P0"])}),
    ("P0", {"attendance": True, "group": 2, "priors_90d": 4}, {("family_support", CAUSED): (2, 5, ["P0"])}),
    ("P0", {"attendance": True, "group": 1, "priors_365d": 9}, {("family_support", CAUSED): (2, 5, ["P0"])}),
    ("P1", {"group": 2, "priors_90d": 2}, {("conversation", CAUSED): (1, 1, ["P1"])}),
    ("P1", {"group": 1}, {("conversation", CAUSED): (1, 1, ["P1"])}),
    (
        "P2",
        {"group": 2, "priors_90d": 3},
        {("conversation", CAUSED): (1, 1, ["P2"]), ("check_in_check_out", CAUSED): (2, 5, ["P2"])},
    ),
    ("P3", {"mutual": True, "harmed": "student", "group": 3}, {("peer_conference", BOTH): (2, 5, ["P3"])}),
    ("P3", {"mutual": True, "harmed": "student"}, {("peer_conference", BOTH): (2, 5, ["P3"])}),
    ("P3", {"mutual": True, "harmed": "student", "group": 4}, {("peace_circle", BOTH): (2, 10, ["P4"])}),
    (
        "P3",
        {"mutual": True, "harmed": "student", "group": 3, "injury": "needed_care"},
        {("peace_circle", BOTH): (3, 10, ["P4"])},
    ),
    ("P4", {"harmed": "staff", "group": 3}, {("peace_circle", BOTH): (2, 10, ["P4"])}),
    ("P4", {"harmed": "student", "group": 4}, {("peace_circle", BOTH): (2, 10, ["P4"])}),
    ("P4", {"harmed": "student", "group": 5}, {("peace_circle", BOTH): (3, 10, ["P4"])}),
    ("P4", {"harmed": "student", "injury": "needed_care"}, {("peace_circle", BOTH): (3, 10, ["P4"])}),
    ("P5", {"harmed": "community"}, {("healing_circle", BOTH): (2, 10, ["P5"])}),
    ("P5", {"bias": True, "group": 3}, {("healing_circle", BOTH): (2, 10, ["P5"])}),
    ("P6", {"priors_365d": 5}, {("one_to_one", CAUSED): (3, 10, ["P6"])}),
    ("P6", {"group": 4, "priors_90d": 1}, {("one_to_one", CAUSED): (3, 10, ["P6"])}),
    ("P6", {"group": 3, "priors_90d": 9, "priors_365d": 4}, {("conversation", CAUSED): (1, 1, ["P15"])}),
    ("P7", {"substance": "alcohol"}, {("substance_use", CAUSED): (2, 5, ["P7"])}),
    ("P7", {"substance": "alcohol", "distribution": True}, {("substance_use", CAUSED): (3, 5, ["P7"])}),
    ("P7", {"substance": "tobacco_vape", "priors_365d": 1}, {("substance_use", CAUSED): (3, 5, ["P7"])}),
    ("P7", {"substance": "none"}, {("conversation", CAUSED): (1, 1, ["P15"])}),
    ("P8", {"self_harm": True}, {("behavioral_health", CAUSED): (3, 0, ["P8"])}),
    ("P8", {"abuse_suspected": True}, {("behavioral_health", CAUSED): (3, 0, ["P8"])}),
    ("P8", {"returning_from": "hospital"}, {("behavioral_health", CAUSED): (3, 0, ["P8"])}),
    (
        "P9",
        {"weapon": "other"},
        {("violence_intervention", CAUSED): (3, 2, ["P9"]), ("one_to_one", CAUSED): (3, 2, ["P9"])},
    ),
    (
        "P9",
        {"weapon": "lookalike", "gun_violence_threat": True},
        {("violence_intervention", CAUSED): (3, 2, ["P9"]), ("one_to_one", CAUSED): (3, 2, ["P9"])},
    ),
    (
        "P9b",
        {"weapon": "lookalike"},
        {("conversation", CAUSED): (1, 1, ["P9b"]), ("family_support", CAUSED): (2, 5, ["P9b"])},
    ),
    ("P10", {"supports": ["housing"]}, {("housing_basic_needs", CAUSED): (2, 5, ["P10"])}),
    ("P10", {"supports": ["housing"], "housing_support_open": True}, {("conversation", CAUSED): (1, 1, ["P15"])}),
    ("P11", {"returning_from": "placement"}, {("reentry_circle", CAUSED): (2, 0, ["P11"])}),
    ("P12", {"bullying": True}, {("support_circle", HARMED): (2, 2, ["P12"]), ("one_to_one", CAUSED): (2, 5, ["P12"])}),
    (
        "P12",
        {"repeated_between_same_people": True},
        {("support_circle", HARMED): (2, 2, ["P12"]), ("one_to_one", CAUSED): (2, 5, ["P12"])},
    ),
    (
        "P13",
        {"harmed_wants_to_meet": "no"},
        {("support_circle", HARMED): (2, 2, ["P13"]), ("one_to_one", CAUSED): (2, 10, ["P13"])},
    ),
    (
        "P16",
        {"fire_or_bomb": True},
        {("one_to_one", CAUSED): (3, 2, ["P16"]), ("behavioral_health", CAUSED): (3, 2, ["P16"])},
    ),
    (
        "P16",
        {"group": 5, "harmed": "none"},
        {("one_to_one", CAUSED): (3, 2, ["P16"]), ("behavioral_health", CAUSED): (3, 2, ["P16"])},
    ),
    ("P16", {"group": 5}, {("conversation", CAUSED): (1, 1, ["P15"])}),
    (
        "P14",
        {"grade": 2, "harmed": "student", "group": 3},
        {
            ("conversation", CAUSED): (1, 1, ["P14"]),
            ("family_support", CAUSED): (2, 5, ["P14"]),
            ("conversation", HARMED): (1, 1, ["P15"]),
        },
    ),
    (
        "P14",
        {"grade": -1, "bullying": True},
        {
            ("support_circle", HARMED): (2, 2, ["P12"]),
            ("conversation", CAUSED): (1, 1, ["P14"]),
            ("family_support", CAUSED): (2, 5, ["P14"]),
        },
    ),
    (
        "P14",
        {"grade": 0, "group": 1, "priors_90d": 3},
        {("conversation", CAUSED): (1, 1, ["P2", "P14"]), ("family_support", CAUSED): (2, 5, ["P14"])},
    ),
    ("P14", {"grade": 2, "group": 1}, {("conversation", CAUSED): (1, 1, ["P1"])}),
    ("P14", {"grade": 3, "harmed": "student", "group": 3}, {("peace_circle", BOTH): (2, 10, ["P4"])}),
    ("P15", {}, {("conversation", CAUSED): (1, 1, ["P15"])}),
    ("P15", {"caused_by": "unknown"}, {("conversation", CAUSED): (1, 1, ["P15"])}),
    (
        "P15",
        {"harmed": "student", "group": 1},
        {("conversation", CAUSED): (1, 1, ["P1"]), ("conversation", HARMED): (1, 1, ["P15"])},
    ),
    (
        "P15 under H1",
        {"sexual": "image", "group": 1, "grade": 7},
        {("one_to_one", CAUSED): (2, 10, ["P15"]), ("behavioral_health", HARMED): (2, 1, ["H1"])},
    ),
    (
        "P15 under H1, young",
        {"sexual": "contact", "group": 1, "grade": 2},
        {("family_support", CAUSED): (2, 5, ["P15"]), ("behavioral_health", HARMED): (2, 1, ["H1"])},
    ),
    (
        "P14 then H1",
        {"intimate_partner": True, "grade": 1, "harmed": "student", "group": 4},
        {("family_support", CAUSED): (2, 5, ["P14"]), ("behavioral_health", HARMED): (2, 1, ["H1"])},
    ),
    (
        "H5 leaves nobody out",
        {"imminent_danger": True, "harmed": "student", "group": 6},
        {("conversation", CAUSED): (1, 1, ["P15"]), ("conversation", HARMED): (1, 1, ["P15"])},
    ),
    (
        "H6 with a student harmed",
        {"caused_by": "staff", "harmed": "student", "group": 6, "bullying": True, "bias": True},
        {("behavioral_health", HARMED): (2, 1, ["H6"])},
    ),
    (
        "H6 with staff harmed",
        {"caused_by": "other_adult", "harmed": "staff", "harmed_wants_to_meet": "no"},
        {("behavioral_health", HARMED): (2, 1, ["P15"])},
    ),
    ("H6 with nobody harmed", {"caused_by": "staff", "substance": "alcohol"}, {}),
    ("H6 with nobody known", {"caused_by": "unknown", "adult_conduct": True, "bias": True}, {}),
    (
        "H7 in a student's own answer",
        {"adult_conduct": True, "harmed": "student", "group": 4},
        {("conversation", CAUSED): (1, 1, ["P15"]), ("behavioral_health", HARMED): (2, 1, ["P15"])},
    ),
    (
        "H1 and H6 name the same item",
        {"caused_by": "staff", "harmed": "student", "sexual": "contact"},
        {("behavioral_health", HARMED): (2, 1, ["H1", "H6"])},
    ),
    (
        "several rules, one item",
        {"bullying": True, "harmed_wants_to_meet": "no", "weapon": "other", "priors_365d": 5},
        {
            ("one_to_one", CAUSED): (3, 2, ["P6", "P9", "P12", "P13"]),
            ("violence_intervention", CAUSED): (3, 2, ["P9"]),
            ("support_circle", HARMED): (2, 2, ["P12", "P13"]),
        },
    ),
]


@pytest.mark.parametrize(("name", "facts", "expected"), PATHWAY_EXAMPLES)
def test_pathways(name: str, facts: Facts, expected: Expected) -> None:
    assert items(ask(**facts)) == expected


def test_every_pathway_row_has_an_example() -> None:
    shown = {rule for _, _, expected in PATHWAY_EXAMPLES for _, _, rules in expected.values() for rule in rules}
    with_items = {row["rule"] for row in first_rows() if row.get("items")}
    assert with_items <= shown


@pytest.mark.parametrize(
    ("rule", "facts", "applies_to", "until"),
    [
        ("H1", {"sexual": "harassment"}, "shared_and_conversation", "never; each is supported apart"),
        ("H1", {"intimate_partner": True}, "shared_and_conversation", "never; each is supported apart"),
        ("H2", {"bullying": True}, "face_to_face", "a safety plan that"),
        (
            "H2",
            {"repeated_between_same_people": True},
            "face_to_face",
            "a safety plan that the person harmed agreed to",
        ),
        ("H3", {"ready_to_meet": "no"}, "face_to_face", "ready"),
        ("H4", {"harmed_wants_to_meet": "no"}, "face_to_face", "the person harmed wishes otherwise"),
        ("H5", {"imminent_danger": True}, "face_to_face", "the danger has passed"),
        ("H6", {"caused_by": "staff"}, "caused_harm_and_circles", "an adult's conduct is not a restorative case"),
        ("H6", {"caused_by": "other_adult"}, "caused_harm_and_circles", "an adult's conduct"),
        ("H6", {"caused_by": "unknown", "adult_conduct": True}, "caused_harm_and_circles", "an adult's conduct"),
        ("H7", {"adult_conduct": True}, "face_to_face", "the office for adults' conduct has said"),
    ],
)
def test_a_matching_hold_is_listed_even_if_it_removed_nothing(
    rule: str, facts: Facts, applies_to: str, until: str
) -> None:
    (hold,) = ask(**facts)["holds"]
    assert hold["rules"] == [rule]
    assert (hold["applies_to"], hold["state"]) == (applies_to, "holds")
    assert hold["until"].startswith(until)


@pytest.mark.parametrize(
    "facts", [{"sexual": "none"}, {"ready_to_meet": "unknown"}, {"harmed_wants_to_meet": "yes"}, {}]
)
def test_no_hold_without_its_fact(facts: Facts) -> None:
    assert ask(**facts)["holds"] == []


def test_face_to_face_holds_leave_healing_and_support_circles() -> None:
    answer = ask(harmed="student", group=5, bias=True, bullying=True)
    assert hold_rules(answer) == ["H2"]
    assert set(items(answer)) == {("healing_circle", BOTH), ("support_circle", HARMED), ("one_to_one", CAUSED)}


def test_support_circle_stays_under_h1_and_the_conversation_for_the_person_harmed_may() -> None:
    kinds = set(items(ask(sexual="contact", bullying=True, harmed="student", group=5)))
    assert kinds == {("support_circle", HARMED), ("one_to_one", CAUSED), ("behavioral_health", HARMED)}


YES, UNKNOWN, NO = {"verified": "yes"}, {}, {"verified": "no"}
GUN, CHICAGO = "firearm_or_gun_threat", "firearm_report_chicago"


@pytest.mark.parametrize(
    ("facts", "when_yes", "when_unknown", "when_no"),
    [
        ({"weapon": "firearm"}, {GUN: "due", CHICAGO: "due"}, {GUN: "due", CHICAGO: "verify_first"}, {}),
        ({"gun_violence_threat": True}, {GUN: "due"}, {GUN: "due"}, {}),
        ({"weapon": "maybe_firearm"}, {GUN: "due", CHICAGO: "due"}, {GUN: "verify_first", CHICAGO: "verify_first"}, {}),
        (
            {"weapon": "maybe_firearm", "gun_violence_threat": True},
            {GUN: "due", CHICAGO: "due"},
            {GUN: "due", CHICAGO: "verify_first"},
            {},
        ),
        ({"weapon": "lookalike"}, {}, {}, {}),
        (
            {"substance": "cannabis", "place": "on_grounds"},
            {"drug_incident": "due"},
            {"drug_incident": "verify_first"},
            {},
        ),
        (
            {"substance": "narcotic_or_meth", "place": "vehicle"},
            {"drug_incident": "due"},
            {"drug_incident": "verify_first"},
            {},
        ),
        ({"substance": "cannabis"}, {"drug_incident": "verify_first"}, {"drug_incident": "verify_first"}, {}),
        (
            {"substance": "cannabis", "place": "school_event"},
            {"drug_incident": "verify_first"},
            {"drug_incident": "verify_first"},
            {},
        ),
        ({"substance": "cannabis", "place": "travel"}, {}, {}, {}),
        ({"substance": "alcohol", "place": "on_grounds", "distribution": True}, {}, {}, {}),
        (
            {"substance": "other_drug", "place": "travel", "distribution": True},
            {"drug_delivery": "due"},
            {"drug_delivery": "verify_first"},
            {},
        ),
        (
            {"substance": "cannabis", "place": "school_event", "distribution": True},
            {"drug_incident": "verify_first", "drug_delivery": "due"},
            {"drug_incident": "verify_first", "drug_delivery": "verify_first"},
            {},
        ),
        (
            {"substance": "other_drug", "distribution": True},
            {"drug_delivery": "verify_first"},
            {"drug_delivery": "verify_first"},
            {},
        ),
        ({"substance": "other_drug", "place": "online", "distribution": True}, {}, {}, {}),
        (
            {"harmed": "staff", "staff_written_complaint": True},
            {"attack_on_staff": "due"},
            {"attack_on_staff": "verify_first"},
            {},
        ),
        ({"harmed": "student", "staff_written_complaint": True}, {}, {}, {}),
    ],
)
def test_duties_that_depend_on_what_is_verified(
    facts: Facts, when_yes: Facts, when_unknown: Facts, when_no: Facts
) -> None:
    for verified, expected in ((YES, when_yes), (UNKNOWN, when_unknown), (NO, when_no)):
        answer = ask(**facts, **verified)
        assert duties(answer) == expected
        doubtful = "verify_first" in expected.values() or parse_facts({**facts, **verified}).asks_about_danger()
        wanted = "required_by_law" if "due" in expected.values() else "verify" if doubtful else "not_indicated"
        assert answer["police"] == wanted


@pytest.mark.parametrize(
    ("facts", "police"),
    [
        ({"danger_reported": True}, "verify"),
        ({"danger_reported": True, "verified": "no"}, "verify"),
        ({"danger_reported": True, "imminent_danger": False}, "not_indicated"),
        ({"danger_reported": True, "imminent_danger": True}, "emergency"),
        ({"danger_reported": True, "weapon": "firearm"}, "required_by_law"),
        ({"fire_or_bomb": True}, "verify"),
        ({"fire_or_bomb": True, "verified": "no"}, "not_indicated"),
        ({"fire_or_bomb": True, "imminent_danger": False}, "not_indicated"),
        ({"weapon": "maybe_firearm", "imminent_danger": False}, "verify"),
        ({"weapon": "maybe_firearm", "imminent_danger": False, "verified": "no"}, "not_indicated"),
        ({"substance": "cannabis", "imminent_danger": False}, "verify"),
        ({"group": 6, "injury": "needed_care"}, "not_indicated"),
    ],
)
def test_what_is_not_known_yet_is_no_verdict_about_the_police(facts: Facts, police: str) -> None:
    assert ask(**facts)["police"] == police
    assert ask(**{**facts, "supports": ["iep"], "group": 6, "grade": 9, "priors_90d": 9})["police"] == police


@pytest.mark.parametrize(
    ("rule", "facts", "duty", "clock"),
    [
        ("D4", {"clear_and_present_danger": True}, "clear_and_present_danger", "24 hours"),
        ("D5", {"abuse_suspected": True}, "child_abuse_or_neglect", "at once"),
        ("D6", {"bullying": True}, "bullying_notice", "24 hours"),
        ("D7", {"sexual": "image"}, "title_ix_contact", "at once"),
        ("D7", {"intimate_partner": True}, "title_ix_contact", "at once"),
        ("D11", {"sexual": "image"}, "article_26a_support", "the same day"),
        ("D11", {"intimate_partner": True}, "article_26a_support", "the same day"),
        ("D8", {"bias": True}, "civil_rights_contact", "at once"),
        ("D9", {"caused_by": "other_adult", "harmed": "student"}, "adult_conduct", "at once"),
        ("D9", {"adult_conduct": True}, "adult_conduct", "at once"),
        ("D9", {"adult_conduct": True, "caused_by": "unknown"}, "adult_conduct", "at once"),
    ],
)
@pytest.mark.parametrize("verified", ["yes", "unknown", "no"])
def test_duties_that_never_wait(rule: str, facts: Facts, duty: str, clock: str, verified: str) -> None:
    answer = ask(**facts, verified=verified)
    raised = [one for one in answer["duties"] if one["rules"] == [rule]]
    assert raised == [{"duty": duty, "clock": clock, "state": "due", "rules": [rule]}]
    beside = {"D7": ["D7", "D11"], "D11": ["D7", "D11"]}
    assert [rule for one in answer["duties"] for rule in one["rules"]] == beside.get(rule, [rule])
    assert answer["police"] == "not_indicated"


def test_disability_records_follow_what_was_found_about_the_police() -> None:
    assert duties(ask(supports=["iep"], imminent_danger=True)) == {"disability_records": "due"}
    assert ask(supports=["iep"], imminent_danger=True)["police"] == "emergency"
    assert "disability_records" in duties(ask(supports=["iep"], weapon="firearm"))
    assert duties(ask(supports=["iep"], weapon="maybe_firearm")) == {GUN: "verify_first", CHICAGO: "verify_first"}
    assert duties(ask(supports=["504"], imminent_danger=True)) == {}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, [("F1", "guardian_contact", 0)]),
        ({"abuse_suspected": True}, []),
        ({"harmed": "staff"}, [("F1", "guardian_contact", 0), ("F2", "contact_person_harmed", 1)]),
        ({"bias": True}, [("F1", "guardian_contact", 0), ("F3", "pre_meetings", 3)]),
        ({"bias": True, "caused_by": "staff"}, []),
        (
            {"caused_by": "staff", "harmed": "student", "abuse_suspected": True},
            [
                ("F2", "contact_person_harmed", 1),
                ("F5", "check_in_person_harmed", 5),
                ("F5", "check_in_person_harmed", 20),
            ],
        ),
        (
            {"caused_by": "other_adult", "harmed": "student"},
            [
                ("F2", "contact_person_harmed", 1),
                ("F5", "check_in_person_harmed", 5),
                ("F5", "check_in_person_harmed", 20),
            ],
        ),
        (
            {"caused_by": "staff", "harmed": "student"},
            [
                ("F2", "contact_person_harmed", 1),
                ("F9", "guardian_contact_harmed", 0),
                ("F5", "check_in_person_harmed", 5),
                ("F5", "check_in_person_harmed", 20),
            ],
        ),
        ({"returning_from": "absence"}, [("F1", "guardian_contact", 0)]),
        ({"place": "travel"}, [("F1", "guardian_contact", 0), ("F4", "safe_passage_contact", 1)]),
        (
            {"harmed": "student"},
            [
                ("F1", "guardian_contact", 0),
                ("F2", "contact_person_harmed", 1),
                ("F9", "guardian_contact_harmed", 0),
                ("F5", "check_in_person_harmed", 5),
                ("F5", "check_in_person_harmed", 20),
            ],
        ),
        ({"bullying": True}, [("F1", "guardian_contact", 0), ("F3", "pre_meetings", 3), ("F6", "safety_plan", 1)]),
        ({"supports": ["504"]}, [("F1", "guardian_contact", 0), ("F7", "plan_case_manager", 1)]),
        ({"supports": ["iep"]}, [("F1", "guardian_contact", 0), ("F7", "plan_case_manager", 1)]),
        ({"harmed_supports": ["504"]}, [("F1", "guardian_contact", 0), ("F7b", "plan_case_manager_harmed", 1)]),
        ({"harmed_supports": ["iep"]}, [("F1", "guardian_contact", 0), ("F7b", "plan_case_manager_harmed", 1)]),
        ({"harmed_supports": ["el", "housing"]}, [("F1", "guardian_contact", 0)]),
        ({"supports": ["housing"]}, [("F1", "guardian_contact", 0), ("F8", "liaison", 1)]),
        ({"weapon": "other"}, [("F1", "guardian_contact", 0), ("F10", "threat_team", 0)]),
        ({"weapon": "maybe_firearm"}, [("F1", "guardian_contact", 0), ("F10", "threat_team", 0)]),
        ({"gun_violence_threat": True}, [("F1", "guardian_contact", 0), ("F10", "threat_team", 0)]),
        ({"fire_or_bomb": True}, [("F1", "guardian_contact", 0), ("F10", "threat_team", 0)]),
        ({"weapon": "lookalike"}, [("F1", "guardian_contact", 0)]),
        ({"supports": ["el"]}, [("F1", "guardian_contact", 0)]),
    ],
)
def test_follow_ups(facts: Facts, expected: list[tuple[str, str, int]]) -> None:
    assert follow_ups(ask(**facts)) == expected


def test_a_missing_group_is_noted() -> None:
    assert ask()["notes"] == ["not_coded_yet"]
    assert ask(group=None)["notes"] == ["not_coded_yet"]
    assert ask(group=1)["notes"] == []


def test_the_document_has_exactly_the_keys_of_the_contract() -> None:
    answer = ask(weapon="firearm", harmed="student", ready_to_meet="no", group=5)
    assert list(answer) == [
        *("ruleset", "pathways", "holds", "duties", "police", "follow_ups", "open_questions", "notes")
    ]
    assert answer["ruleset"] == {"name": "2026-1", "version": 3}
    assert set(answer["pathways"][0]) == {
        "pathway",
        "kind",
        "for",
        "tier",
        "start_within_school_days",
        "rules",
        "because",
    }
    assert set(answer["holds"][0]) == {"applies_to", "until", "state", "rules", "because"}
    assert set(answer["duties"][0]) == {"duty", "clock", "state", "rules"}
    assert set(answer["follow_ups"][0]) == {"kind", "due_in_school_days", "rules"}
