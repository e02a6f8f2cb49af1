"""Which school's work is shown: the switcher's choice kept in this browser's session."""

from flask import request, session

from wss_cases.access.actor import Actor, Role
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.ids import id_in


def chosen_school_id(actor: Actor, *roles: Role) -> int | None:
    """Return the chosen school when one of these roles reaches it, else the first own one.

    None means all schools the actor reaches (a district role with nothing chosen), or no school at all.
    """
    chosen = session.get("school_id")
    if isinstance(chosen, int) and actor.covers(chosen, *roles):
        return chosen
    own = sorted(actor.school_ids(*roles))
    return None if actor.everywhere(*roles) or not own else own[0]


def asked_school_id(actor: Actor, *roles: Role) -> int | None:
    """Return the school that the address names, else the chosen one. Raises NotFound where no such role reaches it."""
    if "school" not in request.args:
        return chosen_school_id(actor, *roles)
    named = id_in(request.args["school"])
    if named is None or not actor.covers(named, *roles):
        raise NotFound
    return named
