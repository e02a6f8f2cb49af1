"""The invariants of the routing text, each over at least 2,000 generated facts."""

import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.routing import oracle
from tests.routing.asking import document, duties, hold_rules, items
from tests.routing.judging import EVERY_KIND, EXCLUSION, FIVE, SENTENCE, broken_by_answers, completions, disagreements
from tests.routing.strategies import FLAGS, OPEN, SUPPORTS, facts, shrinking_facts
from tests.support.depth import examples
from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.facts import parse_facts

PATHWAYS = {"restorative_conversation", "circle", "mentoring", "wraparound", "reengagement"}

ADULTS: list[dict[str, Any]] = [
    {"caused_by": "staff"},
    {"caused_by": "other_adult"},
    {"caused_by": "unknown", "adult_conduct": True},
]
TITLE_IX: list[dict[str, Any]] = [
    *({"sexual": value} for value in ("harassment", "image", "unknown")),
    *({"intimate_partner": value} for value in (True, "unknown")),
]

often = settings(
    max_examples=examples(200, 2000),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@often
@given(facts)
def test_invariant_1_police_only_by_danger_or_a_due_duty(given_facts: dict[str, Any]) -> None:
    answer = document(given_facts)
    due = {duty for duty, state in duties(answer).items() if state == "due"}
    maybe = (True, "unknown")
    if given_facts.get("imminent_danger"):
        assert answer["police"] == "emergency"
    elif due & FIVE:
        assert answer["police"] == "required_by_law"
    elif given_facts.get("imminent_danger") is None and given_facts.get("danger_reported"):
        assert answer["police"] == "verify"
    elif answer["police"] == "verify":
        possible = any(given_facts.get(name) in maybe for name in ("fire_or_bomb", "gun_violence_threat"))
        assert set(duties(answer)) & FIVE or possible or given_facts.get("weapon") in ("maybe_firearm", "unknown")
    else:
        assert answer["police"] == "not_indicated"


@often
@given(
    facts,
    st.fixed_dictionaries(
        {
            "group": st.integers(1, 6),
            "grade": st.integers(-1, 12),
            "behavior": st.text(max_size=4),
            "priors_90d": st.integers(0, 9),
            "priors_365d": st.integers(0, 9),
            "supports": st.lists(st.sampled_from(SUPPORTS)),
            "harmed_supports": st.lists(st.sampled_from(SUPPORTS)),
        }
    ),
)
def test_invariant_1_group_grade_and_disability_never_lead_to_police(
    given_facts: dict[str, Any], changed: dict[str, Any]
) -> None:
    assert document(given_facts)["police"] == document({**given_facts, **changed})["police"]


@often
@given(facts)
def test_invariant_2_nobody_is_left_without_an_item(given_facts: dict[str, Any]) -> None:
    people = {item["for"] for item in document(given_facts)["pathways"]}
    if (given_facts.get("caused_by") or "student") == "student":
        assert people & {"caused_harm", "both"}
    if given_facts.get("harmed") in ("student", "staff"):
        assert people & {"harmed", "both"}


@often
@given(facts, st.sampled_from(TITLE_IX))
def test_invariant_3_title_ix_facts_bring_nobody_together(
    given_facts: dict[str, Any], title_ix: dict[str, Any]
) -> None:
    answer = document({**given_facts, **title_ix})
    assert "H1" in hold_rules(answer)
    for kind, person in items(answer):
        assert kind not in oracle.FACE_TO_FACE
        if person != "harmed":
            assert kind not in ("conversation", "talking_circle", "healing_circle")


@often
@given(facts)
def test_invariant_4_no_exclusion_is_recommended(given_facts: dict[str, Any]) -> None:
    answer = document(given_facts)
    for item in answer["pathways"]:
        assert item["kind"] in EVERY_KIND
        assert item["pathway"] in PATHWAYS
        assert not EXCLUSION.search(item["because"])


@often
@given(facts, st.integers(-1, 2))
def test_invariant_5_the_youngest_get_only_what_fits_them(given_facts: dict[str, Any], grade: int) -> None:
    for kind, person in items(document({**given_facts, "grade": grade})):
        if person != "harmed":
            assert kind in oracle.KEPT_WHEN_YOUNG


@often
@given(facts, st.sampled_from(FLAGS), st.booleans())
def test_invariant_6_a_true_fact_never_removes_a_duty(given_facts: dict[str, Any], flag: str, unknown: bool) -> None:
    before = duties(document({**given_facts, flag: "unknown" if unknown and flag in OPEN else False}))
    after = duties(document({**given_facts, flag: True}))
    for duty, state in before.items():
        assert duty in after
        assert state != "due" or after[duty] == "due"


@often
@given(facts, st.integers(0, 2**32))
def test_invariant_7_key_order_changes_nothing(given_facts: dict[str, Any], seed: int) -> None:
    keys = list(given_facts)
    random.Random(seed).shuffle(keys)
    reordered = {key: given_facts[key] for key in keys}
    assert json.dumps(document(reordered)) == json.dumps(document(given_facts))


@often
@given(facts)
def test_invariant_7_null_is_the_same_as_missing(given_facts: dict[str, Any]) -> None:
    answered = {key: value for key, value in given_facts.items() if value is not None}
    assert document(given_facts) == document(answered)


@often
@given(facts, st.text(min_size=1, max_size=12), st.none() | st.booleans() | st.integers() | st.text(max_size=3))
def test_invariant_7_unknown_keys_are_refused_by_name(given_facts: dict[str, Any], tail: str, value: object) -> None:
    key = f"x_{tail}"
    with pytest.raises(Refused) as refused:
        parse_facts({**given_facts, key: value})
    assert refused.value.field == key


@often
@given(facts)
def test_invariant_8_every_item_cites_a_matching_rule_in_two_languages(given_facts: dict[str, Any]) -> None:
    expected = oracle.answer(given_facts)["pathways"]
    english, spanish = document(given_facts, "en"), document(given_facts, "es")
    for item in english["pathways"]:
        assert set(item["rules"]) == expected[(item["kind"], item["for"])][2]
    for one, other in zip(english["pathways"] + english["holds"], spanish["pathways"] + spanish["holds"], strict=True):
        assert one["because"] != other["because"]
        assert SENTENCE.match(one["because"]) and SENTENCE.match(other["because"])


@often
@given(facts, st.lists(st.sampled_from(SUPPORTS)))
def test_invariant_10_disability_and_language_never_change_police_tiers_or_holds(
    given_facts: dict[str, Any], supports: list[str]
) -> None:
    kept = [entry for entry in given_facts.get("supports") or [] if entry == "housing"]
    changed = kept + [entry for entry in supports if entry != "housing"]
    before, after = document(given_facts), document({**given_facts, "supports": changed})
    assert before["police"] == after["police"]
    assert before["holds"] == after["holds"]
    assert items(before) == items(after)
    by_harmed = document({**given_facts, "harmed_supports": supports})
    assert (by_harmed["police"], by_harmed["holds"], items(by_harmed)) == (
        before["police"],
        before["holds"],
        items(before),
    )


@pytest.mark.parametrize("key", ["race", "sex", "gender", "language", "ethnicity", "disability"])
def test_invariant_10_who_a_student_is_cannot_even_be_asked(key: str) -> None:
    with pytest.raises(Refused, match=key):
        parse_facts({key: "any"})


@often
@given(facts, st.sampled_from(ADULTS))
def test_invariant_11_what_an_adult_did_never_becomes_a_circle(
    given_facts: dict[str, Any], adult: dict[str, Any]
) -> None:
    for kind, person in items(document({**given_facts, **adult})):
        assert kind not in oracle.CIRCLES
        assert person == "harmed"


@often
@given(facts)
def test_invariants_12_and_13_no_answer_brings_what_did_not_stand_or_was_not_asked(given_facts: dict[str, Any]) -> None:
    answers = {answered: document(whole) for answered, whole in completions(given_facts).items()}
    assert list(broken_by_answers(given_facts, document(given_facts), answers)) == []


@often
@given(facts)
def test_invariant_13_a_question_names_what_is_unknown_and_without_unknowns_there_is_none(
    given_facts: dict[str, Any],
) -> None:
    for question in document(given_facts)["open_questions"]:
        name = question["fact"]
        assert given_facts[name] == "unknown" if name in OPEN else given_facts.get("imminent_danger") is None
        assert name in OPEN or name == "imminent_danger"
        assert name not in (given_facts.get("sent_on") or [])


@often
@given(shrinking_facts | facts)
def test_the_engine_agrees_with_a_second_reading_of_the_text(given_facts: dict[str, Any]) -> None:
    assert list(disagreements(given_facts, document(given_facts))) == []
