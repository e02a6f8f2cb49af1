"""Whom a notice to a family waits for, by what is known of a report. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from wss_cases.routing.engine.facts import UNKNOWN

ASK_FIRST: Final = "routed_ask_first"
"""A counselor first asks the student what is safe at home; also the event of the templates that say so."""
ARTICLE_26A: Final = "routed_article_26a"
"""It waits for the resource person of Article 26A; also the event of the templates that say so."""
_HOME: Final = ("sexual", "intimate_partner", "bias", "abuse_suspected", "adult_conduct")
_ARTICLE: Final = ("sexual", "intimate_partner")


def asked_before_family(every: Iterable[Mapping[str, Any]]) -> str:
    """Return ARTICLE_26A or ASK_FIRST by the facts of everyone's part in a report; '' where it waits for no one."""
    facts_of_each = list(every)
    if any(holds(facts, name) for facts in facts_of_each for name in _ARTICLE):
        return ARTICLE_26A
    unsafe = any(holds(facts, name) or facts.get(name) == UNKNOWN for facts in facts_of_each for name in _HOME)
    return ASK_FIRST if unsafe or any(facts.get("sent_on") for facts in facts_of_each) else ""


def holds(facts: Mapping[str, Any], name: str) -> bool:
    """Whether a fact is known and not a no."""
    return facts.get(name) not in (None, False, "none", UNKNOWN)
