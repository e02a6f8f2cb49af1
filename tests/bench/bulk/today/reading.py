"""What administrators of the demo looked at before: a saved view, and a draft of the rules with its replay."""

from datetime import datetime, timedelta
from typing import Any, Final

from tests.routing.editing import edit_row
from wss_cases.access.actor import Invocation
from wss_cases.accounts.grants import actor_of
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.outcomes.reports.core import save_view
from wss_cases.routing.drafts.pages import draft_from
from wss_cases.routing.replay.actions import ask, carry_on
from wss_cases.routing.rule_sets import rule_set_in_force

WIDER: Final[dict[str, Any]] = {"when.all.1.any.0.value": 2}
"""A prepared circle from group 2 on, instead of group 3, where a student or a member of staff was harmed."""
CIRCLES: Final = "P4"
DAYS: Final = 90
SECONDS: Final = 30.0
"""Of a large district's replay the scheduler does the rest."""


def add_reading(administrator_id: int, district_id: int, school_id: int, now: datetime) -> None:
    """Let the administrator keep one view, and the district replay one draft over the last months."""
    head, district = actor_of(administrator_id, now), actor_of(district_id, now)
    if head is None or district is None:
        return
    save_view(
        Invocation(head, now),
        "Hallway, first half of the year",
        {"school": str(school_id), "place": "hallway", "term": "1"},
    )
    today = local_date(now, DEFAULT_ZONE)
    draft = draft_from(Invocation(district, now), rule_set_in_force(today).id)
    edit_row(district, draft, CIRCLES, WIDER, now)
    ask(district, draft, today - timedelta(days=DAYS), today, now)
    carry_on(now, SECONDS)
