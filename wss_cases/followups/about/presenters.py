"""Follow-ups under the names of whom they are about: who, how late the first is, whom to call, one visit."""

from collections.abc import Collection, Sequence
from typing import Any

from flask import url_for

from wss_cases.followups.about.queries import About
from wss_cases.followups.core.rules import Due
from wss_cases.foundation.i18n import dotted

TONES = {"overdue": "brick", "today": "sun"}


def block(ids: Sequence[int], first_due: Due, whom: dict[int, About], things: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one person's follow-ups (`ids`, the first due first) in words; `things` is a line of each.

    `unreachable` are lines of guardians whom no link calls: whom nobody contacts, or of whom no number is known.
    """
    abouts = [whom[number] for number in ids]
    phones = list(dict.fromkeys(call for one in abouts for call in one.phones))
    return {
        "who": abouts[0].who,
        "visit": url_for("visit.visit", follow_up_id=ids[0]),
        "due": first_due.words,
        "tone": TONES.get(first_due.state, "slate"),
        "phones": phones,
        "unreachable": without_links(abouts),
        "things": [_with_its_day(one, first_due) for one in things],
    }


def _with_its_day(thing: dict[str, Any], first_due: Due) -> dict[str, Any]:
    """A line that says when it is due where that is not when the first is."""
    return thing if thing["due"] == first_due.words else thing | {"meta": dotted(thing["meta"], thing["due"])}


def without_links(abouts: Collection[About]) -> list[str]:
    """Return the lines of guardians whom no link of these calls."""
    called = [words for one in abouts for words, _number in one.phones]
    lines = dict.fromkeys(line for one in abouts for line in one.guardians)
    return [line for line in lines if not any(line in words for words in called)]
