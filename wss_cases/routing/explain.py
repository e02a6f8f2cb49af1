"""Put a recommendation into words: the JSON document of the command, what is stored, and plain text."""

from collections.abc import Callable, Mapping
from typing import Any

from wss_cases.routing.engine import Recommendation
from wss_cases.routing.table import Text

_Said = Callable[[Text], Any]


def as_document(answer: Recommendation, lang: str = "en") -> dict[str, Any]:
    """Return the answer with the keys of the contract, its sentences in one language ('en' or 'es')."""
    return _document(answer, lambda text: in_language(text, lang))


def as_stored(answer: Recommendation) -> dict[str, Any]:
    """Return the same document with every sentence in all languages, as it is kept with an incident."""
    return _document(answer, dict)


def in_language(text: Text, lang: str) -> str:
    """Return a text in the language asked for, or in English where that is missing."""
    return text.get(lang) or text["en"]


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


def _document(answer: Recommendation, said: _Said) -> dict[str, Any]:
    return {
        "ruleset": {"name": answer.ruleset_name, "version": answer.ruleset_version},
        "pathways": [
            {
                "pathway": str(item.pathway),
                "kind": str(item.kind),
                "for": str(item.person),
                "tier": item.tier,
                "start_within_school_days": item.start,
                "rules": list(item.rules),
                "because": said(item.because),
            }
            for item in answer.items
        ],
        "holds": [
            {
                "applies_to": str(hold.applies_to),
                "until": said(hold.until),
                "rules": list(hold.rules),
                "because": said(hold.because),
            }
            for hold in answer.holds
        ],
        "duties": [
            {
                "duty": str(raised.duty),
                "clock": said(raised.clock),
                "state": str(raised.state),
                "rules": list(raised.rules),
            }
            for raised in answer.duties
        ],
        "police": str(answer.police),
        "follow_ups": [
            {
                "kind": str(follow_up.kind),
                "due_in_school_days": follow_up.days,
                "rules": list(follow_up.rules),
            }
            for follow_up in answer.follow_ups
        ],
        "notes": [str(note) for note in answer.notes],
    }
