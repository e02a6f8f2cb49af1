"""The mail that tells a circle's keepers of a new one: that there is one, and a link. Never who, or of which circle."""

from typing import Any

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.foundation.clock import now
from wss_cases.foundation.db import db
from wss_cases.foundation.plain_templates import link
from wss_cases.journal.message_kinds import MessageKind
from wss_cases.journal.models import OutboxMessage
from wss_cases.pathways.circles.circle.leading import leads_now
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.keepers.actions import KEEPER_ADDED


def _context(message: OutboxMessage, actor: Actor) -> dict[str, Any] | None:
    keeper = db.session.get(CircleKeeper, message.object_id)
    if keeper is None:
        return None
    sees_case = can(actor, Permission.CASE_READ, keeper)
    page = (
        f"/cases/{keeper.case_id}/pathways/{keeper.pathway_id}/keepers"
        if sees_case
        else f"/keeping/{keeper.pathway_id}"
    )
    return {"own": keeper.user_id == actor.user_id, "notes": sees_case, "href": link(page)}


def _still_due(message: OutboxMessage, actor: Actor) -> bool:
    # also when the new keeper has ended meanwhile: they could read until then
    keeper = db.session.get(CircleKeeper, message.object_id)
    return keeper is not None and (
        can(actor, Permission.CASE_READ, keeper) or leads_now(actor, keeper.pathway_id, now())
    )


MESSAGES = (MessageKind(KEEPER_ADDED, KEEPER_ADDED, _context, _still_due),)
