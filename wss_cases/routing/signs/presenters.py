"""Signs in words: what each looks for, and what a draft changes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import ngettext
from wss_cases.incidents.incident.states import Tile
from wss_cases.routing.engine.labels import FACT_LABELS
from wss_cases.routing.signs.rules import SignKind

Row = Mapping[str, Any]
LISTS = ("words", "except", "near")


@dataclass(frozen=True)
class SignWords:
    """One sign as a page shows it; `lists` are its words as (title, entries)."""

    id: str
    looks_for: str
    facts: str
    question: str
    lists: list[tuple[str, list[str]]]


def sign_words(row: Row, lang: str) -> SignWords:
    """Return a stored sign in words; `lang` is that of its question."""
    facts = ", ".join(str(FACT_LABELS[name]) for name in row["facts"])
    question = row.get("question", {}).get(lang, "")
    return SignWords(row["id"], _looks_for(row), facts, question, _lists(row))


def sign_difference(before: Row | None, after: Row | None) -> list[tuple[str, list[str], list[str]]]:
    """Return the parts of a sign that a draft changes: title, the lines that go, the lines that come."""
    old, new = _parts(before), _parts(after)
    return [
        (title, [line for line in old[title] if line not in new[title]], [x for x in new[title] if x not in old[title]])
        for title in new
        if old[title] != new[title]
    ]


def list_titles() -> dict[str, Any]:
    """Return the titles of the lists of words, by the key under which a row holds them."""
    return {
        "words": _("Words that are a sign"),
        "except": _("Phrases that mean something else"),
        "near": _("Words for people who must have done it"),
    }


def _looks_for(row: Row) -> str:
    match SignKind(row["kind"]):
        case SignKind.TILE:
            tiles = {tile.value: tile.label for tile in Tile}
            return _("The reporter chose: %(tile)s", tile=tiles.get(row["tile"], row["tile"]))
        case SignKind.PERSON:
            return _("An adult is in the report who is not its reporter, a witness or harmed")
        case SignKind.DANGER:
            return _("The reporter said that someone is hurt or in danger now")
        case SignKind.WORD:
            number = sum(map(len, row["words"].values()))
            return ngettext(
                "A text holds %(num)d word or phrase", "A text holds one of %(num)d words or phrases", number
            )


def _lists(row: Row) -> list[tuple[str, list[str]]]:
    return [(title, _entries(row, key)) for key, title in list_titles().items() if _entries(row, key)]


def _entries(row: Row, key: str) -> list[str]:
    return [entry for listed in row.get(key, {}).values() for entry in listed]


def _parts(row: Row | None) -> dict[str, Sequence[Any]]:
    question = (row or {}).get("question", {})
    return {
        _("Becomes unknown"): [str(FACT_LABELS[name]) for name in (row or {}).get("facts", [])],
        _("Question to the reporter"): list(question.values()),
        **{title: _entries(row or {}, key) for key, title in list_titles().items()},
    }
