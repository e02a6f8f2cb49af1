"""What a replay found, in sentences of the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wss_cases.foundation.i18n import gettext as _
from wss_cases.journal.rooms import SmallestGroups
from wss_cases.routing.engine.explain import within
from wss_cases.routing.engine.labels import FACT_LABELS
from wss_cases.routing.engine.states import AppliesTo, Duty, DutyState, FollowUpKind, HoldState, Kind, Person, Police
from wss_cases.routing.replay.differences import Change
from wss_cases.routing.replay.replayer import Parts
from wss_cases.routing.replay.rules import shares
from wss_cases.routing.replay.states import ChangeKind

_LABELS: Mapping[Any, Any] = {
    **FACT_LABELS,
    **Kind.labels(),
    **AppliesTo.labels(),
    **Duty.labels(),
    **Police.labels(),
    **FollowUpKind.labels(),
}
_STATES: Mapping[Any, Any] = {**DutyState.labels(), **HoldState.labels()}
_PEOPLE: Mapping[Any, Any] = Person.labels()


@dataclass(frozen=True)
class ChangeWords:
    """One change as the page shows it: what it is, what was said, what would be said, and the rules behind it."""

    title: str
    before: str
    after: str
    rules: str


def change_words(change: Change) -> ChangeWords:
    """Return one change in words."""
    sides = [_side(change.kind, side) for side in (change.before, change.after)]
    return ChangeWords(key_words(change.key), sides[0], sides[1], ", ".join(change.rules))


def key_words(key: str) -> str:
    """Return what a change is counted under, in words."""
    kind, what, person = key.split(":")
    subject = str(_LABELS.get(what, what))
    if person:
        subject = _("%(kind)s, for %(person)s", kind=subject, person=_PEOPLE.get(person, person))
    return _("%(change)s: %(subject)s", change=ChangeKind(kind).label, subject=subject)


def _side(kind: ChangeKind, side: Sequence[Any] | None) -> str:
    if side is None:
        return _("nothing")
    if kind.startswith("pathway_"):
        name, tier, start = side
        return _("%(kind)s, tier %(tier)d, %(within)s", kind=_LABELS.get(name, name), tier=tier, within=within(start))
    if kind.startswith("question_"):
        return _("asked")
    if kind.startswith(("hold_", "duty_")):
        return str(_STATES.get(side[0], side[0]))
    if kind is ChangeKind.NOTIFICATION_REVIEW:
        return str(_LABELS.get(side[0], side[0]))
    return _(" and ").join(within(day) for day in side)


@dataclass(frozen=True)
class ShareWords:
    """The shares of the groups that people are told apart by: what is shown, and how many groups are withheld."""

    title: str
    rows: list[tuple[str, str]]
    withheld: int


def share_words(title: str, parts: Parts, names: Mapping[str, str], fewest: SmallestGroups) -> ShareWords:
    """Return each group with its share, grades in their order, the others by name; '' is who is not known."""
    shown = {value: share for value, share in shares(parts, fewest).items() if share is not None}
    rows = [((value == "", _number(value), names.get(value) or value), f"{share}%") for value, share in shown.items()]
    words = [(key[2] or _("Not known"), share) for key, share in sorted(rows)]
    return ShareWords(title, words, len(parts) - len(shown))


def _number(value: str) -> int:
    return int(value) if value.removeprefix("-").isdecimal() else 0
