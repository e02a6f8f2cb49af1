"""The one next act of a case, what is stuck, and what stands in the way of closing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from wss_cases.cases.states import CaseState
from wss_cases.casework.states import Act, Stuck
from wss_cases.pathways.common.states import LIVE, PathwayState
from wss_cases.routing.states import Pathway as Family


@dataclass(frozen=True)
class Next:
    """The next act: on which record (`object_id`) of which pathway, and since or until when."""

    act: Act
    object_id: int | None = None
    pathway_id: int | None = None
    on: date | None = None
    rule: str = ""


@dataclass(frozen=True)
class DutyItem:
    """An open legal duty."""

    id: int
    code: str


@dataclass(frozen=True)
class FollowUpItem:
    """An open follow-up of the case, other than an agreement term."""

    id: int
    due_on: date


@dataclass(frozen=True)
class CircleItem:
    """What decides a circle's next act."""

    to_ask: int | None = None
    refused: bool = False
    liftable_hold: str = ""
    standing_hold: bool = False
    waiting_meeting: int | None = None
    meeting_begun: bool = False
    meeting_on: date | None = None
    was_held: bool = False
    has_agreement: bool = False
    open_terms: Sequence[tuple[int, date]] = ()


@dataclass(frozen=True)
class PathwayItem:
    """What decides a pathway's next act."""

    id: int
    family: str
    state: PathwayState
    offered: bool = False
    next_step_on: date | None = None
    expected_end: date | None = None
    circle: CircleItem | None = None


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
        return Next(Act.DUTY, case.duties[0].id)
    live = [pathway for pathway in case.pathways if pathway.state in LIVE]
    acts = [act for act in (pathway_act(pathway, case.today) for pathway in live) if act is not None]
    answers = [act for act in acts if act.act is Act.ANSWER_MEETING]
    if answers:
        return answers[0]
    due = sorted(
        (item for item in case.follow_ups if item.due_on <= case.today), key=lambda item: item.due_on
    )
    if due:
        return Next(Act.FOLLOW_UP, due[0].id, on=due[0].due_on)
    if not case.has_lead:
        return Next(Act.CHOOSE_LEAD)
    if acts:
        return acts[0]
    if case.review_on is not None and case.review_on <= case.today:
        return Next(Act.REVIEW, on=case.review_on)
    if not case.pathways:
        return Next(Act.ADD_PATHWAY)
    if not live and not case.follow_ups:
        return Next(Act.CLOSE)
    return Next(Act.WAIT, on=_soonest(case, live))


def _soonest(case: Situation, live: Sequence[PathwayItem]) -> date | None:
    dates = [item.due_on for item in case.follow_ups]
    dates += [pathway.next_step_on for pathway in live if pathway.next_step_on is not None]
    dates += [due for pathway in live if pathway.circle for _id, due in pathway.circle.open_terms]
    dates += [case.review_on] if case.review_on is not None else []
    return min(dates, default=None)


def pathway_act(pathway: PathwayItem, today: date) -> Next | None:
    """Return the next act of one live pathway; None while it only waits for its day."""
    if pathway.circle is not None:
        found = _circle_act(pathway.circle, today)
    elif pathway.family == Family.RESTORATIVE_CONVERSATION:
        found = Next(Act.LOG_CONVERSATION)
    else:
        found = _common_act(pathway, today)
    if found is None:
        return None
    return replace(found, pathway_id=pathway.id)


def _common_act(pathway: PathwayItem, today: date) -> Next | None:
    if pathway.state is PathwayState.PROPOSED:
        return Next(Act.ACCEPT if pathway.offered else Act.OFFER)
    if pathway.state is PathwayState.PREPARING:
        return Next(Act.START)
    if pathway.expected_end is not None and pathway.expected_end <= today:
        return Next(Act.COMPLETE, on=pathway.expected_end)
    if pathway.next_step_on is None or pathway.next_step_on <= today:
        return Next(Act.PLAN_STEP, on=pathway.next_step_on)
    return None


def _circle_act(circle: CircleItem, today: date) -> Next | None:
    if circle.waiting_meeting is not None:
        if circle.meeting_begun:
            return Next(Act.ANSWER_MEETING, circle.waiting_meeting, on=circle.meeting_on)
        return None
    if circle.was_held:
        return _held_act(circle, today)
    if circle.standing_hold:
        return Next(Act.END)
    if circle.refused:
        return Next(Act.DECLINE)
    if circle.to_ask is not None:
        return Next(Act.CONSENT, circle.to_ask)
    if circle.liftable_hold:
        return Next(Act.LIFT_HOLD, rule=circle.liftable_hold)
    return Next(Act.PLAN_MEETING)


def _held_act(circle: CircleItem, today: date) -> Next | None:
    if not circle.has_agreement:
        return Next(Act.AGREEMENT)
    if not circle.open_terms:
        return Next(Act.COMPLETE)
    term_id, due = min(circle.open_terms, key=lambda term: term[1])
    return Next(Act.MARK_TERM, term_id, on=due) if due <= today else None


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
