"""The next act of a case, why a case is stuck, and both in words. Pure."""

import enum
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from wss_cases.cases.case.models import CaseOrigin, CaseState
from wss_cases.followups.core.states import KINDS, RECORDED_ELSEWHERE
from wss_cases.foundation.i18n import Labelled, _, _l
from wss_cases.incidents.incident.states import Tile
from wss_cases.pathways import conversations
from wss_cases.pathways.circles.requirements import presenters as circles
from wss_cases.pathways.common.models import LIVE, Pathway, PathwayState, Step, has_begun
from wss_cases.pathways.mentoring import case_page as mentoring
from wss_cases.pathways.reengagement import case_page as reengagement
from wss_cases.pathways.referrals import case_page as referrals
from wss_cases.roster.directory.rules import SchoolDays
from wss_cases.routing.engine.vocabulary import Kind
from wss_cases.routing.engine.vocabulary import Pathway as Family
from wss_cases.safeguards.duties.duty.models import DUTY_LABELS


class Act(enum.StrEnum):
    """What stands at the top of a case or pathway page."""

    DUTY = "duty"
    FOLLOW_UP = "follow_up"
    CHOOSE_LEAD = "choose_lead"
    STEP = "step"
    REVIEW = "review"
    ADD_PATHWAY = "add_pathway"
    CLOSE = "close"
    WAIT = "wait"
    REOPEN = "reopen"


ACT_LABELS: dict[Act, Any] = {
    Act.DUTY: _l("Record what was done for the legal duty"),
    Act.CHOOSE_LEAD: _l("Choose a coordinator"),
    Act.REVIEW: _l("Review the case"),
    Act.ADD_PATHWAY: _l("Add a circle or support"),
    Act.CLOSE: _l("Close the case"),
    Act.WAIT: _l("Nothing is due"),
    Act.REOPEN: _l("Reopen the case"),
}


class Stuck(Labelled):
    """Why a case does not move."""

    REVIEW = "review", _l("Review overdue")
    LEAD = "lead", _l("No coordinator")
    FOLLOW_UPS = "follow_ups", _l("Follow-up overdue")
    PATHWAY = "pathway", _l("Nothing in progress")


SECTION_LABELS = {
    "summary": _l("Summary"),
    "people": _l("People"),
    "pathways": _l("Pathways and agreement"),
    "follow_ups": _l("Follow-ups"),
    "history": _l("History"),
}


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


def what_words(act: Next) -> str:
    """Return what a due follow-up or an open duty is about; '' for an act that says it itself."""
    if act.act is Act.FOLLOW_UP:
        return str(KINDS.get(act.what, KINDS["other"]))
    if act.act is Act.DUTY:
        return str(DUTY_LABELS.get(act.what, ""))
    return ""


CASE_KINDS = frozenset(Kind)


def harm_words(code: str) -> str:
    if code in set(CaseOrigin):
        return str(CaseOrigin(code).label)
    return str(Tile(code).label) if code in set(Tile) else code.replace("_", " ").capitalize()


def kind_of(code: str) -> str:
    return str(Kind(code).label) if code in CASE_KINDS else code


def kind_words(pathway: Pathway) -> str:
    return kind_of(pathway.kind)


def state_words(pathway: Pathway) -> str:
    """Return where a pathway stands in the reader's language; what began was not declined, someone chose to stop."""
    if pathway.state is PathwayState.DECLINED and has_begun(pathway):
        return _("Someone chose to stop")
    return str(PathwayState(pathway.state).label)
