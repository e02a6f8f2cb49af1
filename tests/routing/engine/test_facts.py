"""What may be said about an incident, and how a mistake is named."""

import pytest

from tests.routing.asking import document
from wss_cases.foundation.errors import Refused
from wss_cases.routing.engine.facts import FACTS, parse_document, parse_facts


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("caused_by", "parent"),
        ("caused_by", True),
        ("grade", -2),
        ("grade", 13),
        ("grade", True),
        ("grade", "7"),
        ("grade", 7.0),
        ("group", 0),
        ("group", 7),
        ("group", False),
        ("behavior", 5),
        ("behavior", ["1-1"]),
        ("attendance", 1),
        ("attendance", "true"),
        ("bullying", 0),
        ("harmed", "teacher"),
        ("harmed", ["student"]),
        ("injury", "severe"),
        ("weapon", ""),
        ("priors_90d", -1),
        ("priors_90d", 1.5),
        ("priors_365d", True),
        ("supports", "iep"),
        ("supports", ["iep", "gifted"]),
        ("supports", [504]),
        ("supports", [None]),
        ("supports", {"iep": True}),
        ("verified", True),
        ("verified", "maybe"),
        ("ready_to_meet", "Yes"),
    ],
)
def test_a_bad_value_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(Refused, match=key) as refused:
        parse_facts({"group": 1 if key != "group" else value, key: value})
    assert refused.value.field == key


@pytest.mark.parametrize("data", [None, 3, "facts", [], True])
def test_facts_must_be_an_object(data: object) -> None:
    with pytest.raises(Refused, match="JSON object"):
        parse_facts(data)


def test_every_key_may_be_missing_or_null() -> None:
    assert parse_facts({}).given == parse_facts(dict.fromkeys(FACTS)).given == {}


def test_missing_answers_count_as_the_text_says() -> None:
    facts = parse_facts({})
    assert facts.value("caused_by") == "student"
    assert facts.value("group") == facts.value("priors_90d") == facts.value("priors_365d") == 0
    assert facts.value("verified") == facts.value("ready_to_meet") == "unknown"
    assert facts.value("grade") is None
    assert facts.value("harmed") is None
    assert not facts.present("group")


def test_supports_are_a_set_and_false_is_an_answer() -> None:
    facts = parse_facts({"supports": ["504", "iep", "504"], "bias": False})
    assert facts.as_json() == {"bias": False, "supports": ["iep", "504"]}
    assert document({"supports": ["504", "iep"]}) == document({"supports": ["iep", "504", "iep"]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ('{"group": NaN}', "NaN"),
        ('{"group": 1, "group": 2}', "group"),
        ("7", "JSON object"),
        ("[1]", "Entry 1"),
        ('[{}, {"colour": 1}]', 'Entry 2: "colour"'),
        ("[" * 100_000, "not valid JSON"),
        ('{"priors_90d": ' + "9" * 5000 + "}", "not valid JSON"),
        ('{"\\ud800": 1}', "not a known fact"),
    ],
)
def test_a_bad_file_is_refused_plainly(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_document(text)
    assert words in refused.value.message
    refused.value.message.encode()


def test_one_object_or_a_list() -> None:
    one, many = parse_document('{"group": 2}')
    assert (len(one), many) == (1, False)
    none, many = parse_document("[]")
    assert (none, many) == ([], True)


@pytest.mark.parametrize(
    ("facts", "asks"),
    [
        ({"weapon": "maybe_firearm"}, True),
        ({"fire_or_bomb": True}, True),
        ({"gun_violence_threat": True}, True),
        ({"danger_reported": True}, True),
        ({"danger_reported": True, "verified": "no"}, True),
        ({"danger_reported": True, "imminent_danger": False}, False),
        ({"danger_reported": True, "imminent_danger": True}, False),
        ({"gun_violence_threat": True, "verified": "no"}, False),
        ({"gun_violence_threat": True, "imminent_danger": False}, False),
        ({"weapon": "firearm"}, False),
        ({"fire_or_bomb": False}, False),
        ({}, False),
    ],
)
def test_when_somebody_has_to_say_whether_staff_can_calm_it(facts: dict[str, object], asks: bool) -> None:
    assert parse_facts(facts).asks_about_danger() is asks
