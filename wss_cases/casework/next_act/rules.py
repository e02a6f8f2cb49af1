"""The one next act of a case, what is stuck, and what stands in the way of closing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from wss_cases.cases.case.models import CaseState
from wss_cases.casework.next_act.states import Act, Stuck
from wss_cases.pathways.common.states import LIVE, PathwayState
from wss_cases.pathways.common.steps import Step


class Next(NamedTuple):
    """The next act: on which record (`object_id`) or the step of which pathway, and since or until when.

    `what`: the kind of the follow-up, or the code of the duty. `others_due`: it waits, and something of others is due.
    """

    act: Act
    object_id: int | None = None
    pathway_id: int | None = None
    on: date | None = None
    step: Step | None = None
    what: str = ""
    others_due: bool = False


class DutyItem(NamedTuple):
    """An open legal duty."""

    id: int
    code: str


class FollowUpItem(NamedTuple):
    """An open follow-up of the case that no step of a pathway stands for; `of_others`: not done by who leads it."""

    id: int
    due_on: date
    kind: str = ""
    of_others: bool = False


class PathwayItem(NamedTuple):
    """A pathway with the next act that its own room names; None once it has ended."""

    id: int
    state: PathwayState
    step: Step | None = None


@dataclass(frozen=True)
class Situation:
    """Everything the next act of a case is computed from."""

    state: CaseState
    today: date
    has_lead: bool
    review_on: date | None
    duties: Sequence[DutyItem] = ()
    follow_ups: Sequence[FollowUpItem] = ()
    pathways: Sequence[PathwayItem] = field(default_factory=tuple)


def next_act(case: Situation) -> Next:
    """Return the one act that a case asks for now: danger and law first, then what is due, then what moves it on."""
    if case.state is CaseState.CLOSED:
        return Next(Act.REOPEN)
    if case.duties:
        return Next(Act.DUTY, case.duties[0].id, what=case.duties[0].code)
    live = [(item.id, item.step) for item in case.pathways if item.step is not None and item.state in LIVE]
    acts = [(pathway_id, step) for pathway_id, step in live if not step.waits]
    for pathway_id, step in acts:
        if step.urgent:
            return _step_of(pathway_id, step)
    due = [item for item in case.follow_ups if item.due_on <= case.today and not item.of_others]
    if due:
        first = min(due, key=lambda item: item.due_on)
        return Next(Act.FOLLOW_UP, first.id, on=first.due_on, what=first.kind)
    if not case.has_lead:
        return Next(Act.CHOOSE_LEAD)
    if acts:
        return _step_of(*min(acts, key=lambda act: act[1].on or case.today))
    if case.review_on is not None and case.review_on <= case.today:
        return Next(Act.REVIEW, on=case.review_on)
    if not case.pathways or _opened_again(case):
        return Next(Act.ADD_PATHWAY)
    if not any(pathway.state in LIVE for pathway in case.pathways) and not case.follow_ups:
        return Next(Act.CLOSE)
    others_due = any(item.due_on <= case.today for item in case.follow_ups if item.of_others)
    return Next(Act.WAIT, on=_soonest(case, [step.on for _pathway_id, step in live]), others_due=others_due)


def _step_of(pathway_id: int, step: Step) -> Next:
    return Next(Act.STEP, pathway_id=pathway_id, on=step.on, step=step)


def _opened_again(case: Situation) -> bool:
    """A case is back at intake with pathways behind it: something new is to be done, not to be closed once more."""
    over = (PathwayState.COMPLETED, PathwayState.ENDED_EARLY)
    begun = any(pathway.state in over for pathway in case.pathways)
    live = any(pathway.state in LIVE for pathway in case.pathways)
    return case.state is CaseState.INTAKE and begun and not live and not case.follow_ups


def _soonest(case: Situation, steps_on: Sequence[date | None]) -> date | None:
    dates = [*(item.due_on for item in case.follow_ups), *steps_on, case.review_on]
    # what others let pass is no day to come
    return min((day for day in dates if day is not None and day > case.today), default=None)


def why_stuck(
    state: CaseState, today: date, review_on: date | None, has_lead: bool, overdue: int, live_pathways: int
) -> Stuck | None:
    """Return the first reason why an open case does not move; None when it does."""
    if state is CaseState.CLOSED:
        return None
    if not has_lead:
        return Stuck.LEAD
    if review_on is not None and review_on < today:
        return Stuck.REVIEW
    if overdue:
        return Stuck.FOLLOW_UPS
    if not live_pathways and state is not CaseState.MONITORING:
        return Stuck.PATHWAY
    return None
