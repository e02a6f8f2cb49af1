"""Pure decisions about meetings: the themes of a day, whether notice was given in time, who came."""

from datetime import date, timedelta
from typing import Any, Final

from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.settings.stored import StoredSetting, fixed
from wss_cases.plans.voices.meetings.states import THEME_LISTS, CameGroup, MeetingType, Theme

NOTICE_DAYS: Final = StoredSetting("meeting_notice_days", int, fixed(2))
"""How many days before a meeting with votes its notice is posted. Unconfirmed: an attorney has not checked it."""
COUNCIL_QUORUM: Final = StoredSetting("council_quorum", int, fixed(7))
"""How many voting members make a quorum of a council, at least: a meeting may ask for more, never for fewer.
Unconfirmed: more than half of a council of thirteen."""
ANSWER_DAYS: Final = StoredSetting("meeting_answer_days", int, fixed(14))
"""Within how many days the school answers what was heard. Unconfirmed: no rule names a number."""
NEEDS_NOTICE: Final = frozenset({MeetingType.COUNCIL, MeetingType.COMMITTEE, MeetingType.COMMUNITY})


def too_few_words(least: int) -> str:
    """Return why a quorum of a council is refused."""
    return _("A quorum of the council is at least %(least)d members, as the district set it.", least=least)


def themes_on(day: date) -> tuple[Theme, ...]:
    """Return the themes that may be chosen for a meeting on a day."""
    begun = [themes for starts_on, themes in THEME_LISTS if starts_on <= day]
    return begun[-1] if begun else THEME_LISTS[0][1]


def notice_is_late(meeting: Any) -> bool:
    """Whether the notice of a meeting that needs one was posted too late, or not at all."""
    if meeting.kind not in NEEDS_NOTICE:
        return False
    last = meeting.held_on - timedelta(days=NOTICE_DAYS.on(meeting.held_on))
    return meeting.notice_on is None or meeting.notice_on > last


def came_to(meeting: Any) -> dict[CameGroup, int]:
    """Return how many of each group came."""
    return {group: getattr(meeting, group.value) for group in CameGroup}
