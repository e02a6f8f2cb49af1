"""The one rule of what a family may be told of that only a student tells at home: by a call, or by a notice."""

from collections.abc import Collection

from wss_cases.incidents.incident.models import IncidentPerson

CALL = 0
"""Stands for the notice in a yes that was given for calls."""


def may_tell(person: IncidentPerson | None, notice_id: int = CALL) -> frozenset[str]:
    """Return the words that the family of one person of a report may be told: everyone whom they concern agreed.

    A notice says what was agreed for it as it is written; a call also what a notice says. A yes of which nobody knows
    whom the words concern counts not.
    """
    told = person.may_tell if person is not None else []
    return frozenset(one["word"] for one in told if one["concerns"] and notice_id in (CALL, one["notice_id"]))


def yes_to(words: Collection[str], concerns: Collection[int], notice_id: int = CALL) -> list[dict[str, object]]:
    """Return a yes as a report's entry keeps it: each word, and whom it concerns, who all agree."""
    whom = sorted(concerns)
    return [{"word": word.casefold(), "concerns": whom, "notice_id": notice_id} for word in words]
