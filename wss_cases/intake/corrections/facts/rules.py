"""Who may put the facts of a report right, and until when. Pure."""

from typing import Any

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.incidents.incident.states import IncidentState


def may_correct(actor: Actor, incident: Any, review_began: bool) -> bool:
    """Whether this person may: a dean or an administrator of the school at any time, the reporter until review begins.

    A report that came back with a question is its reporter's again.
    """
    return actor.covers(incident.school_id, Role.DEAN, Role.ADMINISTRATOR) or is_reporters(
        actor, incident, review_began
    )


def is_reporters(actor: Actor, incident: Any, review_began: bool) -> bool:
    """Whether a report is still in the hands of this person, who made it."""
    own = incident.reporter_id is not None and incident.reporter_id == actor.user_id
    untouched = incident.state is IncidentState.SUBMITTED and not review_began
    return own and (untouched or incident.state is IncidentState.RETURNED)


def refuse_after_review(allowed: bool) -> None:
    """Raise Refused where review has begun, with whom to ask."""
    if not allowed:
        raise Refused("", _("The review of this report has started. Ask a dean or an administrator to correct it."))
