"""What a coordinator does first: the group each case stands in, and why one does not move. Pure."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from wss_cases.cases.case.models import CaseState
from wss_cases.casework.next_act import Act, Next, Situation, next_act
from wss_cases.foundation.i18n import Labelled, _l
from wss_cases.foundation.settings import StoredSetting, setting
from wss_cases.pathways.common.models import LIVE, PathwayState
from wss_cases.routing.engine.vocabulary import Pathway as Family


class Group(Labelled):
    """Where a case stands on the desk, the first things first."""

    URGENT = "urgent", _l("Urgent")
    OVERDUE = "overdue", _l("Overdue")
    TODAY = "today", _l("Due today")
    STUCK = "stuck", _l("Stuck")
    NEXT = "next", _l("To do next")
    WAITS = "waits", _l("Waiting for their day")


class Why(enum.StrEnum):
    DUTY = "duty"
    MOVED = "moved"
    LEAD = "lead"
    OVERDUE = "overdue"
    REVIEW = "review"
    START = "start"
    STEP = "step"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Reason:
    """One reason: how many things, and since when (the oldest)."""

    why: Why
    since: date | None = None
    count: int = 1


class Placed(NamedTuple):
    """A case with its group, its one next act, and the reasons why it does not move."""

    group: Group
    act: Next
    reasons: Sequence[Reason]
    since: date


def place(case: Situation, *, all_due: Sequence[date], start_by: Sequence[date], moved: int = 0) -> Placed:
    """Return where a case stands on the desk.

    `all_due` are the due days of its open follow-ups, those a pathway's step stands for included; `start_by` the
    days until which its proposed pathways were to begin; `moved` how many of its students changed school.
    """
    act = next_act(case)
    late = [day for day in all_due if day < case.today]
    reasons = _reasons(case, all_due, late, start_by, moved)
    group = _group(case, act, all_due, late, reasons)
    dates = [reason.since for reason in reasons if reason.since is not None]
    dates += [act.on] if act.on is not None else []
    return Placed(group, act, reasons, min(dates, default=case.today))


def _group(
    case: Situation, act: Next, all_due: Sequence[date], late: Sequence[date], reasons: Sequence[Reason]
) -> Group:
    if act.act is Act.DUTY or (act.step is not None and act.step.urgent):
        return Group.URGENT
    if late or (case.review_on is not None and case.review_on < case.today):
        return Group.OVERDUE
    if case.today in all_due or case.review_on == case.today or (act.act is Act.STEP and act.on == case.today):
        return Group.TODAY
    if reasons:
        return Group.STUCK
    return Group.WAITS if act.act is Act.WAIT else Group.NEXT


def _reasons(
    case: Situation, all_due: Sequence[date], late: Sequence[date], start_by: Sequence[date], moved: int
) -> list[Reason]:
    found = []
    if case.duties:
        found.append(Reason(Why.DUTY, count=len(case.duties)))
    if moved:
        found.append(Reason(Why.MOVED, count=moved))
    if not case.has_lead:
        found.append(Reason(Why.LEAD))
    if late:
        found.append(Reason(Why.OVERDUE, min(late), len(late)))
    if case.review_on is not None and case.review_on < case.today:
        found.append(Reason(Why.REVIEW, case.review_on))
    not_begun = [day for day in start_by if day < case.today]
    if not_begun:
        found.append(Reason(Why.START, min(not_begun), len(not_begun)))
    if not late and not not_begun:
        steps = [pathway.step.on for pathway in case.pathways if pathway.step is not None]
        waiting = [day for day in steps if day is not None and day < case.today]
        found += [Reason(Why.STEP, min(waiting), len(waiting))] if waiting else []
    if not all_due and not any(pathway.state in LIVE for pathway in case.pathways):
        found.append(Reason(Why.NOTHING))
    return found


ORDER = {group: place for place, group in enumerate(Group)}


def first_things_first(placed: Placed) -> tuple[int, date]:
    """Return the key by which a desk is sorted: group, then the longest waiting."""
    return ORDER[placed.group], placed.since


def not_begun(state: PathwayState) -> bool:
    return state is PathwayState.PROPOSED


STAGES: Mapping[str, int] = {
    CaseState.INTAKE: 2,
    CaseState.PREPARING: 3,
    CaseState.IN_PROCESS: 2,
    CaseState.MONITORING: 1,
}
"""A case being prepared asks for most: people are met one by one before anything else can happen."""

FAMILIES: Mapping[str, int] = {
    Family.CIRCLE: 3,
    Family.REENGAGEMENT: 2,
    Family.MENTORING: 1,
    Family.WRAPAROUND: 1,
    Family.RESTORATIVE_CONVERSATION: 1,
}
"""What each live pathway adds; a circle asks for pre-meetings, a meeting and an agreement to watch."""


HEAVIEST = 99


@dataclass(frozen=True)
class Weights:
    stages: Mapping[str, int] = field(default_factory=lambda: dict(STAGES))
    families: Mapping[str, int] = field(default_factory=lambda: dict(FAMILIES))


def read_weights(text: str) -> Weights:
    """Return the weights with the changes of a setting such as "preparing=4,circle=5". Raises ValueError."""
    stages, families = dict(STAGES), dict(FAMILIES)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _sign, number = part.partition("=")
        table = next((found for found in (stages, families) if name in found), None)
        if table is None or not (number.isascii() and number.isdigit()) or int(number) > HEAVIEST:
            raise ValueError(part)
        table[name] = int(number)
    return Weights(stages, families)


CASELOAD_WEIGHTS = StoredSetting("caseload.weights", read_weights, lambda: setting("CASELOAD_WEIGHTS"))


@dataclass(frozen=True)
class Part:
    """One part of a case's weight: `of` is a stage or a family of pathways."""

    of: str
    points: int


def parts_of(state: str, families: Iterable[str], weights: Weights) -> list[Part]:
    """Return what makes up a case's weight: its stage first, then each live pathway; a closed case weighs nothing."""
    if state not in weights.stages:
        return []
    return [
        Part(state, weights.stages[state]),
        *(Part(family, weights.families.get(family, 1)) for family in sorted(families)),
    ]


def weight_of(state: str, families: Iterable[str], weights: Weights) -> int:
    return sum(part.points for part in parts_of(state, families, weights))
