"""Who may take a second look for a school that has nobody else."""

from typing import Any

from wss_cases.access.actor import Actor, Role


def named_deputy(actor: Actor, look: Any) -> bool:
    """The person of the district who was asked, while the school is theirs."""
    return look.deputy_id == actor.user_id and actor.covers(look.school_id, Role.DISTRICT)
