"""Asks each pathway's room for the one next act of its live pathways, many at once."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from wss_cases.followups.core.states import RECORDED_ELSEWHERE
from wss_cases.pathways.circles.requirements import next_steps as circles
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.states import LIVE
from wss_cases.pathways.common.steps import Step
from wss_cases.pathways.conversations import next_steps as conversations
from wss_cases.pathways.mentoring.case_page import next_steps as mentoring
from wss_cases.pathways.reengagement.case_page import next_steps as reengagement
from wss_cases.pathways.referrals.case_page import next_steps as referrals
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.pages import Pathway as Family

Ask = Callable[[Sequence[Any], date, datetime], dict[int, Step]]
ROOMS: dict[str, Ask] = {
    Family.RESTORATIVE_CONVERSATION: conversations.next_steps,
    Family.CIRCLE: circles.next_steps,
    Family.MENTORING: mentoring.next_steps,
    Family.WRAPAROUND: referrals.next_steps,
    Family.REENGAGEMENT: reengagement.next_steps,
}
"""Which room answers for which family of pathways."""


READ = (
    Pathway.id, Pathway.case_id, Pathway.school_id, Pathway.pathway, Pathway.kind, Pathway.state, Pathway.start_by,
    Pathway.offered_on, Pathway.expected_end, Pathway.next_step, Pathway.next_step_on, Pathway.for_whom,
    Pathway.participant_id,
)  # fmt: skip
"""What the rooms read of a pathway: of many these columns are enough."""


def steps_of(rows: Sequence[Pathway], today: date, now: datetime) -> dict[int, Step]:
    """Return the next act of each live pathway by its id, with what its panel shows beside; a constant number of
    queries, however many there are."""
    return _asked(ROOMS, rows, today, now)


def steps_alone(rows: Sequence[Any], today: date, now: datetime, days: SchoolDays) -> dict[int, Step]:
    """Return the same without what panels show, of rows of one school, of these days, with the columns `READ`."""
    knowing: dict[str, Ask] = {Family.MENTORING: partial(mentoring.next_steps, days=days)}
    return _asked({**ROOMS, Family.CIRCLE: circles.steps_alone, **knowing}, rows, today, now)


def _asked(rooms: Mapping[str, Ask], rows: Sequence[Any], today: date, now: datetime) -> dict[int, Step]:
    live: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row.state in LIVE:
            live[row.pathway].append(row)
    found: dict[int, Step] = {}
    for family, ask in rooms.items():
        if family in live:
            found |= ask(live[family], today, now)
    return found


def stands_for(kind: str, pathway_id: int | None, steps: Mapping[int, Step]) -> bool:
    """Whether a pathway's own step asks for what this follow-up asks for, so that it is named once."""
    step = steps.get(pathway_id) if pathway_id is not None else None
    return kind in RECORDED_ELSEWHERE and step is not None
