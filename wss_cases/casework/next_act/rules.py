"""The one next act of a case, what is stuck, and what stands in the way of closing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from wss_cases.cases.case.states import CaseState
from wss_cases.casework.next_act.states import Act, Stuck
from wss_cases.pathways.common.states import LIVE, PathwayState
from wss_cases.pathways.common.steps import Step


@dataclass(frozen=True)
class Next:
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


@dataclass(frozen=True)
class DutyItem:
    """An open legal duty."""

    id: int
    code: str


@dataclass(frozen=True)
class FollowUpItem:
    """An open follow-up of the case that no step of a pathway stands for; `of_others`: not done by who leads it."""

    id: int
    due_on: date
    kind: str = ""
    of_others: bool = False


@dataclass(frozen=True)
class PathwayItem:
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
    live = [pathway for pathway in case.pathways if pathway.state in LIVE and pathway.step is not None]
    acts = [
        Next(Act.STEP, pathway_id=pathway.id, on=pathway.step.on, step=pathway.step)
        for pathway in live
        if pathway.step and not pathway.step.waits
    ]
    urgent = [act for act in acts if act.step and act.step.urgent]
    if urgent:
        return urgent[0]
    own = (item for item in case.follow_ups if item.due_on <= case.today and not item.of_others)
    due = sorted(own, key=lambda item: item.due_on)
    if due:
        return Next(Act.FOLLOW_UP, due[0].id, on=due[0].due_on, what=due[0].kind)
    if not case.has_lead:
        return Next(Act.CHOOSE_LEAD)
    if acts:
        return min(acts, key=lambda act: act.on or case.today)
    if case.review_on is not None and case.review_on <= case.today:
        return Next(Act.REVIEW, on=case.review_on)
    if not case.pathways or _opened_again(case):
        return Next(Act.ADD_PATHWAY)
    if not any(pathway.state in LIVE for pathway in case.pathways) and not case.follow_ups:
        return Next(Act.CLOSE)
    others_due = any(item.due_on <= case.today for item in case.follow_ups if item.of_others)
    return Next(Act.WAIT, on=_soonest(case, live), others_due=others_due)


def _opened_again(case: Situation) -> bool:
    """A case is back at intake with pathways behind it: something new is to be done, not to be closed once more."""
    over = (PathwayState.COMPLETED, PathwayState.ENDED_EARLY)
    begun = any(pathway.state in over for pathway in case.pathways)
    live = any(pathway.state in LIVE for pathway in case.pathways)
    return case.state is CaseState.INTAKE and begun and not live and not case.follow_ups


def _soonest(case: Situation, live: Sequence[PathwayItem]) -> date | None:
    dates = [item.due_on for item in case.follow_ups]
    dates += [pathway.step.on for pathway in live if pathway.step is not None and pathway.step.on is not None]
    dates += [case.review_on] if case.review_on is not None else []
    return min((day for day in dates if day > case.today), default=None)  # what others let pass is no day to come


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
