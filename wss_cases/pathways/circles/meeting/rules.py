"""Pure decisions about one meeting: of what kind it is, and whether its attendance fits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.circles.circle.rules import PART, was_harmed
from wss_cases.pathways.circles.circle.states import MeetingKind, MeetingState, Presence, SupporterRelation
from wss_cases.routing.engine.pages import Person

NEW_DAY = "plan_meeting"
"""The kind of follow-up that asks for a new day of a meeting."""


def next_kind(was_held: bool, agreed: bool) -> MeetingKind:
    """Return what the next meeting of a circle is: after its agreement, the one that ends it."""
    return MeetingKind.COMPLETION if was_held and agreed else MeetingKind.CIRCLE


@dataclass(frozen=True)
class Attendance:
    """Who came to a meeting, by role: parties, supporters, keepers and keepers without an account (helpers) by id."""

    parties: Mapping[int, Presence] = field(default_factory=dict)
    supporters: Mapping[int, Presence] = field(default_factory=dict)
    keepers: Mapping[int, Presence] = field(default_factory=dict)
    helpers: Mapping[int, Presence] = field(default_factory=dict)

    @property
    def left(self) -> list[int]:
        """The parties who came and left early."""
        return [key for key, presence in self.parties.items() if presence is Presence.LEFT_EARLY]


@dataclass(frozen=True)
class Guest:
    """Somebody who came without having been invited: beside which party, and who they are to them."""

    name: str
    relation: SupporterRelation | None
    beside: int


def everyone(circle: Any, helpers: Collection[int]) -> Attendance:
    """Return that everyone who is invited came: parties, the supporters who are still invited, the keepers, and who
    helps to keep it without an account."""
    return Attendance(
        parties=dict.fromkeys(circle.names, Presence.CAME),
        supporters={one.id: Presence.CAME for one in circle.supporters if one.ended_at is None},
        keepers=dict.fromkeys(circle.keeper_names, Presence.CAME),
        helpers=dict.fromkeys(helpers, Presence.CAME),
    )


def attendance_problem(
    state: MeetingState,
    invited: Sequence[Any],
    supporters: Collection[int],
    keepers: Collection[int],
    attendance: Attendance,
    helpers: Collection[int] = (),
) -> Any:
    """Return why the attendance does not fit the answer, as lazy words; None where it does.

    A circle is held without its `helpers`, never without a keeper of the school.
    """
    by_role = (attendance.parties, attendance.supporters, attendance.keepers, attendance.helpers)
    invited_ids = ({person.id for person in invited}, set(supporters), set(keepers), set(helpers))
    if tuple(set(presences) for presences in by_role) != invited_ids:
        return _l("Answer for each person whether they came.")
    everybody = [presence for presences in by_role for presence in presences.values()]
    if state is MeetingState.NO_SHOW:
        return None if Presence.ABSENT in everybody else _l("Enter who did not come.")
    if state is MeetingState.WALKED_OUT:
        return None if attendance.left else _l("Enter which of the parties left.")
    came = [person for person in invited if attendance.parties[person.id] is not Presence.ABSENT]
    if not came or any(not side & {person.id for person in came} for side in _sides(invited)):
        return _l("Without one side the meeting did not take place. Answer that someone did not come.")
    if all(presence is Presence.ABSENT for presence in attendance.keepers.values()):
        return _l("Without its keeper the meeting did not take place. Answer that someone did not come.")
    return None


def _sides(invited: Sequence[Any]) -> list[set[int]]:
    harmed = {person.id for person in invited if was_harmed(person)}
    caused = {person.id for person in invited if person.role in PART[Person.CAUSED_HARM]}
    return [side for side in (harmed, caused) if side]
