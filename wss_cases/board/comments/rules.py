"""Whose comment a board report carries. Pure."""

from typing import Final

from wss_cases.access.actor import Actor, Role

LONGEST: Final = 1200
"""Characters: about a third of a sheet."""


def writes_comment(actor: Actor, school_id: int | None) -> bool:
    """Whether the actor, who answers for the report, may comment on it: on a school's its administrators alone, on a
    network's and the district's whoever answers for it."""
    return actor.user_id is not None and (school_id is None or actor.covers(school_id, Role.ADMINISTRATOR))
