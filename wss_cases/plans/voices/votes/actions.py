"""Recording a vote on a plan, confirming the council's count as a second person, and correcting one with a trace."""

from dataclasses import asdict, dataclass

from sqlalchemy import inspect, select

from wss_cases.access.permissions import Permission
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.plans.plan.core.actions import council_decided
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.plan.core.states import PlanState
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.meetings.rules import too_few_words
from wss_cases.plans.voices.votes.models import PlanVote
from wss_cases.plans.voices.votes.queries import first_persons, latest_decision
from wss_cases.plans.voices.votes.rules import least_quorum, result_of, waits
from wss_cases.plans.voices.votes.states import DECIDES, VotingBody
from wss_cases.roster.names.queries import refuse_names


@dataclass(frozen=True)
class Cast:
    """The numbers of a vote, and how many voting members a quorum needs."""

    yes: int
    no: int
    abstained: int
    quorum: int


@use_case
def record_vote(uow: UnitOfWork, plan_id: int, meeting_id: int, body: VotingBody, cast: Cast) -> int:
    """Record a vote of a body on a plan at a meeting. Returns its id.

    A council's vote decides once a second person confirmed its count. Raises Refused before the meeting, for a second
    vote of the same body at it, for nobody's vote, for a council's quorum below the district's, and for a council's
    vote on a plan that is not before it.
    """
    plan = uow.load(SchoolPlan, plan_id, Permission.PLAN_WRITE)
    meeting = uow.load(SchoolMeeting, meeting_id, Permission.PLAN_WORK)
    _check(uow, plan, meeting, body, cast)
    if body is DECIDES and plan.state is not PlanState.COUNCIL_VOTE:
        raise Refused("plan", _("This plan is not up for the council's vote. Move it there first."))
    same = (PlanVote.plan_id == plan.id, PlanVote.meeting_id == meeting.id, PlanVote.body == body)
    if uow.session.scalar(select(PlanVote.id).where(*same, PlanVote.corrected_at.is_(None))) is not None:
        raise Refused("body", _("This vote is recorded already. Correct it there instead."))
    vote = _add(uow, PlanVote(school_id=plan.school_id, plan_id=plan.id, meeting_id=meeting.id, body=body), cast)
    uow.record(vote, "plan_vote.recorded", result=vote.result.value)
    return vote.id


@use_case
def confirm_vote(uow: UnitOfWork, vote_id: int) -> int:
    """Confirm the count of a council's vote: with a quorum and a majority the plan may go on now.

    Raises NotFound, Stale; Refused for a vote that waits for nobody, once the plan has moved on, for a quorum below the
    district's, and for whoever recorded the vote or moved the plan to it.
    """
    vote = uow.load(PlanVote, vote_id, Permission.PLAN_VOTE_CONFIRM, uow.version)
    plan = uow.load(SchoolPlan, vote.plan_id, Permission.PLAN_VOTE_CONFIRM)
    if not waits(vote):
        raise Refused("", _("This count does not wait for a second person."))
    _refuse_moved(plan, vote)
    least = least_quorum(vote.body, uow.session.get_one(SchoolMeeting, vote.meeting_id).held_on)
    if vote.quorum < least:
        raise Refused("", too_few_words(least))
    refuse_one_person("", uow.actor.user_id, first_persons(vote), uow.now)
    vote.confirmed_at, vote.confirmed_by_id = uow.now, uow.actor.user_id
    uow.record(vote, "plan_vote.confirmed", result=vote.result.value)
    _settle(uow, plan)
    return vote.id


@use_case
def correct_vote(uow: UnitOfWork, vote_id: int, cast: Cast, reason: str, anyway: bool = False) -> int:
    """Correct the numbers of a vote by a row of its own; the one before stays. Returns the new one's id.
    A council's new numbers wait for a second person again.

    Raises Refused without a reason, for one that was corrected already, for a council's vote by which the plan has
    gone on, and, unless `anyway`, for a reason that may name a student.
    """
    before = uow.load(PlanVote, vote_id, Permission.PLAN_WRITE, uow.version)
    plan = uow.load(SchoolPlan, before.plan_id, Permission.PLAN_WRITE)
    meeting = uow.session.get_one(SchoolMeeting, before.meeting_id)
    if before.corrected_at is not None:
        raise Refused("", _("This vote was corrected already. Correct the latest one."))
    if not reason.strip():
        raise Refused("reason", _("Write why it is corrected."))
    refuse_names(before.school_id, anyway, reason)
    _check(uow, plan, meeting, before.body, cast)
    if before.body is DECIDES:
        _refuse_moved(plan, before)
    before.corrected_at = uow.now
    uow.record(before, "plan_vote.corrected", result=before.result.value)
    of_same = {"school_id": plan.school_id, "plan_id": plan.id, "meeting_id": meeting.id, "body": before.body}
    vote = _add(uow, PlanVote(**of_same, corrects_id=before.id, reason=reason.strip()), cast)
    uow.record(vote, "plan_vote.recorded", result=vote.result.value)
    _settle(uow, plan)
    return vote.id


def keep_votes(uow: UnitOfWork, meeting: SchoolMeeting) -> None:
    """Refuse a change of a meeting by which its day, its members or its quorum no longer fit a vote taken there.

    A quorum that stays is not held against the vote: a meeting from before the district's least may have a smaller one.
    """
    standing = select(PlanVote).where(PlanVote.meeting_id == meeting.id, PlanVote.corrected_at.is_(None))
    with uow.session.no_autoflush:
        votes = uow.session.scalars(standing).all()
    changed = inspect(meeting).attrs
    if votes and changed.held_on.history.has_changes():
        raise Refused("held_on", _("The council or committee voted at this meeting. Its day stays as it is."))
    for vote in votes:
        if vote.yes + vote.no + vote.abstained > meeting.members:
            raise Refused("members", _("More members voted at this meeting. Correct the vote first."))
        if meeting.quorum is None or not changed.quorum.history.has_changes():
            continue
        if vote.quorum != max(meeting.quorum, least_quorum(vote.body, meeting.held_on)):
            raise Refused("quorum", _("The vote at this meeting was counted with another quorum. Correct it first."))


def _check(uow: UnitOfWork, plan: SchoolPlan, meeting: SchoolMeeting, body: VotingBody, cast: Cast) -> None:
    if meeting.school_id != plan.school_id:
        raise Refused("plan", _("Choose a plan of this school."))
    least = least_quorum(body, meeting.held_on)
    if meeting.quorum is not None and cast.quorum != max(meeting.quorum, least):
        quorum = max(meeting.quorum, least)
        raise Refused("quorum", _("At this meeting a quorum was %(quorum)d members.", quorum=quorum))
    if cast.quorum < least:
        raise Refused("quorum", too_few_words(least))
    if meeting.held_on > today_at(meeting.school_id, uow.now):
        raise Refused("", _("This meeting has not been held yet: no one can have voted."))
    present = cast.yes + cast.no + cast.abstained
    if present == 0:
        raise Refused("yes", _("Enter how the members voted."))
    if present > meeting.members:
        raise Refused(
            "yes", _("Only %(members)d voting members were there. Correct the meeting first.", members=meeting.members)
        )


def _add(uow: UnitOfWork, vote: PlanVote, cast: Cast) -> PlanVote:
    for name, value in asdict(cast).items():
        setattr(vote, name, value)
    vote.result = result_of(cast.yes, cast.no, cast.abstained, cast.quorum)
    vote.recorded_at, vote.recorded_by_id = uow.now, uow.actor.user_id
    uow.session.flush()
    return uow.add(vote)


def _settle(uow: UnitOfWork, plan: SchoolPlan) -> None:
    """Write into a plan that is up for the council's vote whether the latest vote that decides approved it. Without a
    quorum nothing is decided: what another vote approved stays."""
    if plan.state is not PlanState.COUNCIL_VOTE:
        return
    uow.session.flush()
    approved_on = latest_decision(plan)
    if plan.council_approved_on != approved_on:
        council_decided(uow, plan, approved_on)


def _refuse_moved(plan: SchoolPlan, vote: PlanVote) -> None:
    if plan.moved_at is not None and plan.moved_at > vote.recorded_at:
        raise Refused("", _("The plan has moved to another state since this vote, so the vote stays as it is."))
