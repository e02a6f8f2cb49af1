"""Pure decisions about agreements: their end, who must consent to a change, whose names stand on paper."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from wss_cases.foundation.school_time import local_date, zone_of
from wss_cases.pathways.circles.circle.states import MeetingKind, TermState


def open_terms(agreement: Any) -> list[Any]:
    """Return the terms of an agreement (None: no agreement) that nobody marked yet."""
    return [term for term in agreement.terms if term.state is TermState.OPEN] if agreement else []


def terms_in_force(agreement: Any) -> list[Any]:
    """Return the terms of an agreement (None: no agreement) but for those that another one replaced."""
    terms = agreement.terms if agreement else []
    replaced = {term.replaces_id for term in terms}
    return [term for term in terms if term.id not in replaced]


def last_agreed(agreement: Any) -> date:
    """Return the day of the newest agreement of a circle: of the second one where it met again."""
    days: list[date] = [agreement.agreed_on]
    days += [term.agreed_on for term in agreement.terms if term.agreed_on is not None]
    return max(days)


def met_again(held_on: date | None, agreement: Any) -> bool:
    """Whether a circle met after its newest agreement, and may make another one."""
    return held_on is not None and held_on > last_agreed(agreement)


def signed_now(agreement: Any) -> list[Any]:
    """Return the signatures under the newest agreement."""
    return [one for one in agreement.signatures if one.signed_on >= last_agreed(agreement)]


def completion_held(circle: Any) -> bool:
    """Whether the meeting at the end of the newest agreement was held. A circle with `meetings` and `agreement`."""
    agreed = last_agreed(circle.agreement) if circle.agreement is not None else date.min
    ends = [one for one in circle.meetings if one.happened and one.kind is MeetingKind.COMPLETION]
    return any(local_date(one.starts_at, zone_of(one.school_id)) >= agreed for one in ends)


def completion_meeting_allowed(circle: Any) -> bool:
    """Whether the meeting at the end of the agreement may be planned: something was agreed, and it is not held yet.

    Terms may still be open: what became of them is looked at in that meeting.
    """
    return circle.agreement is not None and not completion_held(circle)


def must_consent(agreement: Any, invited: Iterable[int]) -> set[int]:
    """Return whose consent a change of a term needs: the parties who signed, or all of them while nobody did."""
    signed = {row.participant_id for row in agreement.signatures if row.participant_id is not None}
    return signed or set(invited)


def names_on_paper(reader: int, named: Collection[int], names: Mapping[int, str], instead: str) -> dict[int, str]:
    """Return how each party is called on the sheet of one of them: other names only where both agreed to it."""
    beside = set(named) if reader in named else set()
    return {key: name if key == reader or key in beside else instead for key, name in names.items()}
