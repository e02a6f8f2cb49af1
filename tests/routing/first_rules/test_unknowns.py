"""Facts that no one has said, by hand: what stands meanwhile, what is asked, and what follows from asking in vain."""

from typing import Any

import pytest

from tests.routing.asking import ask, duties, follow_ups, items
from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.facts import parse_facts

Facts = dict[str, Any]
CAUSED, HARMED, BOTH = "caused_harm", "harmed", "both"
GUN, CHICAGO = "firearm_or_gun_threat", "firearm_report_chicago"


def questions(answer: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    return {one["fact"]: (one["weight"], one["rules"]) for one in answer["open_questions"]}


def holds(answer: dict[str, Any]) -> dict[str, str]:
    return {rule: hold["state"] for hold in answer["holds"] for rule in hold["rules"]}


def test_a_gun_in_a_locker_that_no_one_has_looked_for() -> None:
    answer = ask(weapon="unknown", gun_violence_threat="unknown")
    assert answer["police"] == "verify"
    assert duties(answer) == {GUN: "possible", CHICAGO: "possible"}
    assert [one["clock"] for one in answer["duties"]] == ["", ""]
    assert items(answer) == {("conversation", CAUSED): (1, 1, ["P15"])}
    assert questions(answer) == {
        "weapon": ("must", ["P9", "P9b", "D1", "F10"]),
        "gun_violence_threat": ("must", ["P9", "P9b", "D1", "F10"]),
    }
    assert follow_ups(answer) == [("F1", "guardian_contact", 0)]


@pytest.mark.parametrize(
    ("facts", "state", "police", "weight"),
    [
        ({}, "possible", "verify", "must"),
        ({"verified": "yes"}, "possible", "verify", "must"),
        ({"verified": "no"}, None, "not_indicated", "must"),
        ({"asked": ["weapon"]}, "verify_first", "verify", "asked"),
        ({"asked": ["weapon"], "verified": "no"}, None, "not_indicated", "asked"),
        ({"asked": ["injury"]}, "possible", "verify", "must"),
    ],
)
def test_a_weapon_that_was_asked_for_in_vain(facts: Facts, state: str | None, police: str, weight: str) -> None:
    answer = ask(weapon="unknown", **facts)
    assert duties(answer).get(GUN) == state
    assert answer["police"] == police
    assert questions(answer)["weapon"][0] == weight
    clocks = {one["duty"]: one["clock"] for one in answer["duties"]}
    assert clocks.get(CHICAGO) == {"possible": "", "verify_first": "24 hours", None: None}[state]


@pytest.mark.parametrize(
    ("fact", "raised", "hold"),
    [
        ("sexual", {"title_ix_contact", "article_26a_support"}, "H1"),
        ("intimate_partner", {"title_ix_contact", "article_26a_support"}, "H1"),
        ("abuse_suspected", {"child_abuse_or_neglect"}, None),
        ("adult_conduct", {"adult_conduct"}, "H7"),
    ],
)
def test_what_is_sent_on_is_due_and_asked_no_more(fact: str, raised: set[str], hold: str | None) -> None:
    waiting = ask(**{fact: "unknown"})
    assert duties(waiting) == dict.fromkeys(raised, "possible")
    assert questions(waiting)[fact][0] == "must"
    for facts in ({fact: "unknown", "sent_on": [fact]}, {"sent_on": [fact]}):
        sent = ask(**facts)
        assert duties(sent) == dict.fromkeys(raised, "due")
        assert questions(sent) == {}
        assert holds(sent) == holds(waiting) == ({hold: "until_known"} if hold else {})
        assert all(one["clock"] for one in sent["duties"])


@pytest.mark.parametrize("fact", ["sexual", "intimate_partner", "abuse_suspected", "adult_conduct"])
def test_no_one_is_asked_in_vain_about_people(fact: str) -> None:
    with pytest.raises(Refused, match="asked must be a list of harmed"):
        parse_facts({fact: "unknown", "asked": [fact]})


@pytest.mark.parametrize(
    "fact", ["caused_by", "place", "returning_from", "danger_reported", "clear_and_present_danger"]
)
def test_what_cannot_be_unknown_keeps_its_meaning(fact: str) -> None:
    if fact == "caused_by":
        assert questions(ask(caused_by="unknown")) == {}
        return
    with pytest.raises(Refused, match=fact):
        parse_facts({fact: "unknown"})


def test_danger_that_no_one_has_spoken_about_is_stored_as_missing_and_asked_for() -> None:
    assert parse_facts({"imminent_danger": "unknown"}).given == {}
    answer = ask(imminent_danger="unknown", danger_reported=True)
    assert (answer["police"], questions(answer)) == ("verify", {"imminent_danger": ("must", [])})
    assert questions(ask(danger_reported=True, imminent_danger=False)) == {}
    assert questions(ask(danger_reported=True, asked=["imminent_danger"])) == {"imminent_danger": ("asked", [])}


def test_until_it_is_known_people_are_kept_apart_and_keep_their_support() -> None:
    answer = ask(sexual="unknown", harmed="student", group=1, priors_90d=3, harmed_wants_to_meet="no")
    assert holds(answer) == {"H1": "until_known", "H4": "holds"}
    assert items(answer) == {
        ("check_in_check_out", CAUSED): (2, 5, ["P2"]),
        ("support_circle", HARMED): (2, 2, ["P13"]),
        ("one_to_one", CAUSED): (2, 10, ["P13"]),
    }
    assert items(ask(sexual="unknown", harmed="student", group=4)) == {
        ("one_to_one", CAUSED): (2, 10, ["P15"]),
        ("behavioral_health", HARMED): (2, 1, ["P15"]),
    }


def test_bullying_that_may_be_keeps_people_apart_and_opens_nothing() -> None:
    answer = ask(bullying="unknown", harmed="student", group=4, bias=True)
    assert holds(answer) == {"H2": "until_known"}
    assert items(answer) == {("healing_circle", BOTH): (2, 10, ["P5"])}
    assert duties(answer) == {"bullying_notice": "possible", "civil_rights_contact": "due"}
    assert "safety_plan" not in [kind for _rule, kind, _days in follow_ups(answer)]


def test_what_an_adult_may_have_done_takes_nothing_away_yet() -> None:
    answer = ask(adult_conduct="unknown", caused_by="unknown", harmed="student", group=4, substance="alcohol")
    assert holds(answer) == {"H6": "until_known"}
    assert items(answer) == {("substance_use", CAUSED): (2, 5, ["P7"]), ("behavioral_health", HARMED): (2, 1, ["P15"])}
    assert items(ask(adult_conduct="unknown", caused_by="unknown")) == {}
    assert holds(ask(adult_conduct="unknown", caused_by="staff")) == {"H6": "holds"}


def test_no_family_is_called_on_a_maybe() -> None:
    answer = ask(harmed="student", abuse_suspected="unknown")
    assert [rule for rule, _kind, _days in follow_ups(answer)] == ["F2", "F5", "F5"]
    assert [rule for rule, _kind, _days in follow_ups(ask(harmed="unknown"))] == ["F1"]


def test_a_question_that_may_wait_and_one_that_never_does() -> None:
    answer = ask(fire_or_bomb="unknown", group=5, harmed="none", imminent_danger=False)
    assert questions(answer) == {"fire_or_bomb": ("may", ["F10"])}
    assert questions(ask(self_harm="unknown", returning_from="hospital")) == {}
    assert questions(ask(self_harm="unknown")) == {"self_harm": ("must", ["P8"])}
    assert questions(ask(injury="unknown", harmed="student", group=4)) == {}


def test_a_fire_is_asked_about_while_a_duty_is_only_possible() -> None:
    facts = {"fire_or_bomb": "unknown", "group": 5, "harmed": "none"}
    assert questions(ask(**facts, substance="unknown"))["fire_or_bomb"] == ("must", ["F10"])
    assert questions(ask(**facts, substance="cannabis"))["fire_or_bomb"] == ("may", ["F10"])


def test_questions_are_in_order_and_read_as_sentences_in_both_languages() -> None:
    facts = dict.fromkeys(("bias", "weapon", "harmed", "bullying", "injury"), "unknown") | {"asked": ["weapon"]}
    answer, respuesta = ask(**facts, group=1), ask("es", **facts, group=1)
    assert [one["fact"] for one in answer["open_questions"]] == ["harmed", "injury", "bullying", "bias", "weapon"]
    assert [one["weight"] for one in answer["open_questions"]] == ["must"] * 4 + ["asked"]
    for one, otra in zip(answer["open_questions"], respuesta["open_questions"], strict=True):
        assert one["because"] != otra["because"]
        assert one["because"].endswith(".") and otra["because"].endswith(".")


def test_a_rule_that_is_in_doubt_has_not_matched_for_the_rules_after_it() -> None:
    answer = ask(mutual="unknown", harmed="student", group=3)
    assert items(answer) == {("peace_circle", BOTH): (2, 10, ["P4"])}
    assert questions(answer) == {"mutual": ("must", ["P3"])}
