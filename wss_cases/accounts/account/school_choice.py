"""Which school's work is shown: the switcher's choice kept in this browser's session."""

from flask import session

from wss_cases.access.actor import Actor, Role


def chosen_school_id(actor: Actor, *roles: Role) -> int | None:
    """Return the chosen school when one of these roles reaches it, else the first own one.

    None means all schools the actor reaches (a district role with nothing chosen), or no school at all.
    """
    chosen = session.get("school_id")
    if isinstance(chosen, int) and actor.covers(chosen, *roles):
        return chosen
    own = sorted(actor.school_ids(*roles))
    return None if actor.everywhere(*roles) or not own else own[0]
