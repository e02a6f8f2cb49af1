"""Ask the engine with the first rule set and read its document."""

from collections.abc import Mapping
from typing import Any

from tests.routing.first_rules.rule_set import first_table
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document, in_language
from wss_cases.routing.engine.facts import parse_facts


def ask(lang: str = "en", /, **facts: Any) -> dict[str, Any]:
    return document(facts, lang)


def document(facts: dict[str, Any], lang: str = "en") -> dict[str, Any]:
    return as_document(recommend(first_table(), parse_facts(facts)), lang)


def localized(stored: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Return a stored answer with its sentences in one language."""

    def spoken(value: Any) -> Any:
        if isinstance(value, Mapping):
            if value and set(value) <= {"en", "es"}:
                return in_language(value, lang)
            return {key: spoken(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [spoken(entry) for entry in value]
        return value

    return {key: spoken(value) for key, value in stored.items()}


def items(answer: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int, list[str]]]:
    """Return (kind, for) -> (tier, start, rules)."""
    return {
        (item["kind"], item["for"]): (item["tier"], item["start_within_school_days"], item["rules"])
        for item in answer["pathways"]
    }


def duties(answer: dict[str, Any]) -> dict[str, str]:
    return {entry["duty"]: entry["state"] for entry in answer["duties"]}


def hold_rules(answer: dict[str, Any]) -> list[str]:
    return [rule for hold in answer["holds"] for rule in hold["rules"]]


def follow_ups(answer: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Return (rule, kind, school days) of every follow-up."""
    return [(*entry["rules"], entry["kind"], entry["due_in_school_days"]) for entry in answer["follow_ups"]]
