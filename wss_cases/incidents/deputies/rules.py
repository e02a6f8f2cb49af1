"""Who may give the second review for a school that has nobody else."""

from typing import Any

from wss_cases.access.actor import Actor, Role


def named_deputy(actor: Actor, look: Any) -> bool:
    """The deputy who was asked, while they cover the school."""
    return look.deputy_id == actor.user_id and actor.covers(look.school_id, Role.DISTRICT)
