"""Who sits on a threat-assessment team, by role alone, and what timelines say of a school's contacts."""

from collections.abc import Iterable
from typing import Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


class TeamRole(Labelled):
    """A seat on a threat-assessment team. A role, never a name: it opens no record to whoever sits there."""

    ADMINISTRATOR = "administrator", _l("School administrator")
    TEACHER = "teacher", _l("Teacher")
    COUNSELOR = "counselor", _l("School counselor")
    PSYCHOLOGIST = "psychologist", _l("School psychologist")
    SOCIAL_WORKER = "social_worker", _l("School social worker")
    POLICE = "police", _l("Police officer")
    OTHER = "other", _l("Someone else")


def seat_words(roles: Iterable[str]) -> str:
    """Return the seats of a team in words."""
    return ", ".join(str(TeamRole(role).label) for role in roles)


SENTENCES: Final = {
    "sergeant.added": _l("School Sergeant added to the directory"),
    "sergeant.ended": _l("School Sergeant removed from the directory"),
    "threat_team.filed": _l("Filing of the threat-assessment team recorded"),
    "threat_team.corrected": _l("Filing of the threat-assessment team corrected. Before: %(filed)s: %(seats)s"),
    "route.added": _l("Safe Passage route added: %(place)s"),
    "route.ended": _l("Safe Passage route ended: %(place)s"),
}
