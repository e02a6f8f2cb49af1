"""Recording a vote on a plan, confirming the council's count as a second person, and correcting one with a trace."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from flask import Blueprint, url_for
from sqlalchemy import inspect, select
from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.access.act_pages import act_form
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, choices, radio
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Panel, Place, Room, Shown
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.mentoring.mentors.pages import number_or_none
from wss_cases.plans.plan.core.models import PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import council_decided, no_student_named
from wss_cases.plans.voices.meetings.pages import meeting_title
from wss_cases.plans.voices.meetings.queries import get_meeting
from wss_cases.plans.voices.meetings.rules import COUNCIL_QUORUM, SchoolMeeting, too_few_words
from wss_cases.plans.voices.votes import queries
from wss_cases.plans.voices.votes.queries import (
    DECIDES,
    LONGEST_REASON,
    TONES,
    PlanVote,
    VoteResult,
    VotingBody,
    first_persons,
    get_vote,
    latest_decision,
    plans_to_vote_on,
    plans_voted_on,
    votes_at,
)
from wss_cases.roster.names.queries import refuse_names


def least_quorum(body: VotingBody, day: date) -> int:
    """Return the fewest members that a quorum of a body may be on a day: the district sets it for the council."""
    return COUNCIL_QUORUM.on(day) if body is DECIDES else 1


def waits(vote: Any) -> bool:
    """Whether a vote would decide and a second person has not confirmed its count yet."""
    stands = vote.corrected_at is None and vote.confirmed_at is None
    return stands and vote.body is DECIDES and vote.result is not VoteResult.RECOMMENDATION


def result_of(yes: int, no: int, abstained: int, quorum: int) -> VoteResult:
    """Return what a vote decides: with a quorum and more than half of those who voted or abstained for it, it is
    approved; without a quorum those present are polled, and that decides nothing."""
    present = yes + no + abstained
    if present < quorum:
        return VoteResult.RECOMMENDATION
    return VoteResult.APPROVED if 2 * yes > present else VoteResult.NOT_APPROVED


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


MOST_VOTES = 500


class CastForm(BaseForm):
    """How the members voted."""

    yes = number_or_none(_l("Yes"), 0, MOST_VOTES, required=True)
    no = number_or_none(_l("No"), 0, MOST_VOTES, required=True)
    abstained = number_or_none(_l("Abstained"), 0, MOST_VOTES, required=True)
    quorum = number_or_none(_l("Members needed for a quorum"), 1, MOST_VOTES, required=True)

    @property
    def cast(self) -> Cast:
        """What the sound form says."""
        return Cast(self.yes.data, self.no.data, self.abstained.data, self.quorum.data)


class VoteForm(CastForm):
    """A vote on a plan at a meeting."""

    plan = SelectField(_l("Plan"), [InputRequired(_l("Choose the plan."))])
    body = radio(_l("Who voted"), VotingBody, _l("Choose who voted."))


class CorrectionForm(CastForm):
    """The right numbers of a vote, and why they are corrected."""

    reason = ShortText(_l("Why it is corrected"), [NotBlank(_l("Write why it is corrected."))], LONGEST_REASON)
    anyway = no_student_named()


def cast_words(vote: PlanVote) -> str:
    """Return the numbers of a vote, with how many members a quorum needed."""
    words = {"yes": vote.yes, "no": vote.no, "abstained": vote.abstained, "quorum": vote.quorum}
    return _("Yes %(yes)d, no %(no)d, abstained %(abstained)d; a quorum is %(quorum)d", **words)


def vote_rows(votes: Iterable[PlanVote]) -> list[dict[str, Any]]:
    """Return votes as rows; one that was corrected says so, and one whose count waits for a second person."""
    votes = list(votes)
    names = user_names([one for vote in votes for one in (vote.recorded_by_id, vote.confirmed_by_id)])
    return [
        {
            "title": vote.body.label,
            "meta": dotted(cast_words(vote), _meaning(vote), vote.reason, _people(vote, names)),
            "tag": _tag(vote),
            "tone": "slate" if vote.corrected_at else "sun" if waits(vote) else TONES[vote.result],
            "href": None if vote.corrected_at else url_for("votes.correct", vote_id=vote.id),
        }
        for vote in votes
    ]


def _meaning(vote: PlanVote) -> str:
    if vote.result is VoteResult.RECOMMENDATION and not vote.corrected_at:
        return _("Without a quorum nothing is decided. The poll of those present goes to the network.")
    return ""


def _tag(vote: PlanVote) -> Any:
    if vote.corrected_at:
        return _("Corrected")
    return _("%(result)s: waits for a second person", result=vote.result.label) if waits(vote) else vote.result.label


def _people(vote: PlanVote, names: Mapping[int, str]) -> str:
    """Return who recorded a vote and who confirmed its count."""
    recorded, confirmed = names.get(vote.recorded_by_id or 0), names.get(vote.confirmed_by_id or 0)
    return dotted(
        _("recorded by %(name)s", name=recorded) if recorded else "",
        _("count confirmed by %(name)s", name=confirmed) if confirmed else "",
    )


def plan_words(plan: SchoolPlan) -> str:
    """Return what a plan is called in a choice: its years and its state."""
    years = plan.first_year if plan.first_year == plan.last_year else f"{plan.first_year} – {plan.last_year}"
    return dotted(years, plan.state.label)


def votes_panel(actor: Actor, meeting: SchoolMeeting) -> Shown | None:
    """Return the votes of a meeting; None where there are none and this actor records none."""
    votes = votes_at(actor, meeting.id)
    may_write = can(actor, Permission.PLAN_WRITE, meeting) and meeting.held_on <= today_at(
        meeting.school_id, clock.now()
    )
    if not votes and not may_write:
        return None
    waiting = [(vote.id, _may_confirm(actor, vote)) for vote in votes if waits(vote)]
    plans = [(plan_words(plan), url_for("plans.home", school_plan_id=plan.id)) for plan in plans_voted_on(votes)]
    shown = {"rows": vote_rows(votes), "plans": plans, "waiting": waiting, "may_write": may_write, "meeting": meeting}
    return "plans/voices/votes/panel.html", shown


def _may_confirm(actor: Actor, vote: PlanVote) -> bool:
    return can(actor, Permission.PLAN_VOTE_CONFIRM, vote) and actor.user_id not in first_persons(vote)


blueprint = Blueprint("votes", __name__, url_prefix="/meetings")
FORM = "plans/voices/votes/form.html"


@blueprint.route("/<int:school_meeting_id>/vote", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def record(school_meeting_id: int) -> Page:
    """Record a vote on a plan at a meeting."""
    meeting = get_meeting(current_actor(), school_meeting_id)
    form = VoteForm(quorum=meeting.quorum or COUNCIL_QUORUM.on(meeting.held_on))
    form.plan.choices = choices([(str(one.id), plan_words(one)) for one in plans_to_vote_on(meeting.school_id)])
    return act_form(
        form,
        lambda call: record_vote(
            call, existing(id_in(form.plan.data)), meeting.id, VotingBody(form.body.data), form.cast
        ),
        _back(meeting),
        _words(_("Record a vote"), meeting),
        FORM,
    )


@blueprint.route("/votes/<int:vote_id>", methods=["GET", "POST"])
@gate(Permission.PLAN_WRITE)
def correct(vote_id: int) -> Page:
    """Correct the numbers of a vote; the ones before stay."""
    vote = get_vote(current_actor(), vote_id)
    meeting = get_meeting(current_actor(), vote.meeting_id)
    form = CorrectionForm(obj=vote, reason="")
    return act_form(
        form,
        lambda call: correct_vote(call, vote.id, form.cast, form.reason.data, bool(form.anyway.data)),
        _back(meeting),
        _words(_("Correct a vote"), meeting),
        FORM,
    )


@blueprint.route("/votes/<int:vote_id>/confirm", methods=["GET", "POST"])
@gate(Permission.PLAN_VOTE_CONFIRM)
def confirm(vote_id: int) -> Page:
    """Confirm, as a second person, the count of the council's vote."""
    vote = get_vote(current_actor(), vote_id)
    meeting = get_meeting(current_actor(), vote.meeting_id)
    words = _words(_("Confirm the count"), meeting)
    return act_form(
        BaseForm(version=vote.version),
        lambda call: confirm_vote(call, vote.id),
        with_flash(_("Confirmed. The vote counts now."), _back(meeting)),
        words | {"go_words": _("Confirm this count"), "lede": meeting_title(meeting), "votes": vote_rows([vote])},
        "plans/voices/votes/confirm.html",
    )


def _back(meeting: SchoolMeeting) -> str:
    return url_for("meetings.meeting", school_meeting_id=meeting.id)


def _words(title: str, meeting: SchoolMeeting) -> dict[str, object]:
    crumbs = [(_("Meetings"), url_for("meetings.meetings")), (meeting_title(meeting), _back(meeting)), (title, None)]
    return {"title": title, "go_words": _("Save"), "crumbs": crumbs, "back_href": _back(meeting)}


ROOM = Room(
    pages=(blueprint,),
    sentences=queries.SENTENCES,
    loaders={"plan_vote": queries.load_vote},
    reactions={"meeting.changed": keep_votes},
    panels=(Panel(Place.SCHOOL_MEETING, 10, votes_panel),),
)
