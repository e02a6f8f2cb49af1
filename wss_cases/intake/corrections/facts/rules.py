"""Who may correct the facts of a report, and until when. Pure."""

from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import _
from wss_cases.incidents.incident.states import IncidentState


def may_correct(actor: Actor, incident: Any, review_began: bool) -> bool:
    """Deans and administrators of the school may at any time, the reporter until review begins or while a question
    is pending with them."""
    return actor.covers(incident.school_id, Role.DEAN, Role.ADMINISTRATOR) or is_reporters(
        actor, incident, review_began
    )


def is_reporters(actor: Actor, incident: Any, review_began: bool) -> bool:
    """Whether the actor reported it and review has not begun, or it came back to them with a question."""
    own = incident.reporter_id is not None and incident.reporter_id == actor.user_id
    untouched = incident.state is IncidentState.SUBMITTED and not review_began
    return own and (untouched or incident.state is IncidentState.RETURNED)


def refuse_after_review(allowed: bool) -> None:
    """Raise Refused, with whom to ask, unless allowed."""
    if not allowed:
        raise Refused("", _("The review of this report has started. Ask a dean or an administrator to correct it."))
