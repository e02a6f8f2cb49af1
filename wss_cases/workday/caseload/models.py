"""Whose caseload is asked for: one's own with those one stands in for, one person's, or the school's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from wss_cases.access.actor import Actor, Role
from wss_cases.accounts.coverage import CoverRow, near
from wss_cases.accounts.grants import holders
from wss_cases.accounts.teams import user_names
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.i18n import _
from wss_cases.foundation.school_time import today_at
from wss_cases.pathways.common.pages import number
from wss_cases.pathways.common.queries import team_of
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import school_days
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.workday.caseload.queries import Load
from wss_cases.workday.caseload.rules import CASELOAD_WEIGHTS, Weights

MINE, EVERYBODY = "mine", "school"


@dataclass(frozen=True)
class Desk:
    """Whose desk it is: a school on a day, the leads whose cases lie on it (None: everybody's), who covers whom."""

    actor: Actor
    school: School
    days: SchoolDays
    now: datetime
    today: date
    whose: str
    lead_ids: frozenset[int] | None
    covers: Sequence[CoverRow]
    names: dict[int, str]
    weights: Weights


def open_desk(actor: Actor, school: School, whose: str, now: datetime) -> Desk:
    """Return the desk that is asked for: one's own with those one stands in for, one person's, or the school's."""
    today = today_at(school.id, now)
    covers = [row for row in near(actor.user_id, now) if row.school_id == school.id]
    names = dict(holders(Role.COORDINATOR, school.id, today))
    if not whose:
        whose = MINE if actor.user_id in names or covers else EVERYBODY
    person = number(whose)
    lead_ids = frozenset({person}) if person is not None else None
    if whose == MINE:
        own = {actor.user_id} if actor.user_id is not None else set()
        lead_ids = frozenset(own | {row.user_id for row in covers if row.cover_id == actor.user_id})
    return Desk(
        actor=actor, school=school, days=school_days(school.id), now=now, today=today,
        whose=whose if person is not None or whose == MINE else EVERYBODY, lead_ids=lead_ids,
        covers=covers, names=names, weights=CASELOAD_WEIGHTS.on(today),
    )  # fmt: skip


def names_of(desk: Desk, loads: Iterable[Load]) -> dict[int, str]:
    """Return the names of whoever leads cases here, and of whose desk is asked for. Raises NotFound for a desk of
    somebody who does neither here."""
    found = user_names([load.lead_id for load in loads if load.lead_id not in desk.names])
    person = number(desk.whose)
    asked = person is not None and person not in desk.names and person not in found
    team = team_of(desk.school.id, desk.today) if found or asked else {}
    if asked and person is not None:
        if person not in team:
            raise NotFound
        found[person] = team[person]
    others = {who: name if who in team else _("%(name)s, who left", name=name) for who, name in found.items()}
    return desk.names | others
