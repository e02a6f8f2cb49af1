"""A school without a coordinator: its administrators are told, so that nothing waits unseen there.

They are told of every such school, whether anything waits there or not: a mail that came only where something does
would say by itself that a student there needs housing support.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.access.housing import KNOW
from wss_cases.accounts.teams import Team, teams_at
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.plain_templates import link
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.common.queries import Planned
from wss_cases.roster.directory.models import School

NO_COORDINATOR = "school.no_coordinator"


def no_coordinator_key(user_id: int, school_id: int, day: date) -> str:
    """Return the key under which a person is told once in the week of a date that a school has no coordinator."""
    monday = day - timedelta(days=day.weekday())
    return f"{NO_COORDINATOR}:{user_id}:{school_id}:{monday.isoformat()}"


def no_coordinator_mails(school_ids: Collection[int], day: date, instant: datetime) -> list[Planned]:
    """Return the mails to the administrators of those of these schools where nobody may know of a need for housing."""
    return [
        Planned(user_id, NO_COORDINATOR, "school", school_id, school_id, no_coordinator_key(user_id, school_id, day))
        for school_id, team in teams_at(school_ids, instant).items()
        if _is_without(team)
        for user_id in team.get(Role.ADMINISTRATOR, ())
    ]


def _is_without(team: Team) -> bool:
    return not any(team.get(role) for role in KNOW)


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any]:
    return {"school": db.session.get_one(School, message.object_id).name, "href": link("/people")}


def _still_without(message: OutboxMessage, actor: Actor) -> bool:
    school_id, instant = message.object_id, now()
    if actor.user_id is None or not actor.covers(school_id, Role.ADMINISTRATOR):
        return False
    if message.dedupe_key != no_coordinator_key(actor.user_id, school_id, today_at(school_id, instant)):
        return False
    return _is_without(teams_at([school_id], instant)[school_id])


MESSAGE = MessageKind(NO_COORDINATOR, "no_coordinator", _context, _still_without)
