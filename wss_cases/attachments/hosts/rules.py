"""Which reports are closed to attachments: those on which an image of a child may be sexual. Pure."""

from typing import Any, Final

SEXUAL_CODES: Final = frozenset({"SCH_HBALLEGATIONS_SEX", "SCH_OFFENSE_RAPE", "SCH_OFFENSE_BATT"})
"""What the federal collection calls sexual harassment, rape and sexual assault."""


def may_be_sexual(incident: Any) -> bool:
    """Whether a report says that something sexual happened: by its facts, or by the behavior of anybody in it."""
    facts = [incident.facts, *(person.facts for person in incident.people)]
    if any((one or {}).get("sexual") not in (None, "none") for one in facts):
        return True
    behaviors = [person.behavior for person in incident.people if person.behavior is not None]
    return any(one.code.startswith("sexual") or one.crdc in SEXUAL_CODES for one in behaviors)
