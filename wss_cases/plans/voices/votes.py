"""Votes on a plan: recorded, confirmed by a second person where the council decides, corrected with a trace."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from flask import url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, inspect, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.access.actor import Actor, in_schools
from wss_cases.access.gate import current_actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.accounts.two_persons import refuse_one_person
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Versioned, by_id, db, named_enum, where
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import NotBlank, PlainForm, ShortText, choices, needs, radio
from wss_cases.foundation.i18n import Labelled, _, _l, dotted
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, Room, Shown
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.mentoring.mentors import number_or_none
from wss_cases.plans.plan.core.models import PLAN_READERS, OfPlan, PlanState, SchoolPlan
from wss_cases.plans.plan.core.pages import council_decided, no_student_named
from wss_cases.plans.voices.meetings.models import COUNCIL_QUORUM, SchoolMeeting, get_meeting, too_few_words
from wss_cases.plans.voices.meetings.pages import meeting_title
from wss_cases.roster.names.queries import refuse_names


class VotingBody(Labelled):
    """Who votes."""

    COUNCIL = "council", _l("Local School Council")
    COMMITTEE = "committee", _l("Safety committee")
    STUDENTS = "students", _l("Student council")


class VoteResult(Labelled):
    """What a vote decides: without a quorum nothing, it goes to the network as a recommendation."""

    APPROVED = "approved", _l("Approved")
    NOT_APPROVED = "not_approved", _l("Not approved")
    RECOMMENDATION = "recommendation", _l("No quorum: recommendation to the network")


DECIDES: Final = VotingBody.COUNCIL
"""The body whose vote a plan needs; its count is confirmed by a second person."""
TONES: Final = {VoteResult.APPROVED: "moss", VoteResult.NOT_APPROVED: "brick", VoteResult.RECOMMENDATION: "sun"}

SENTENCES: dict[str, Any] = {
    "plan_vote.recorded": (_l("Vote recorded: %(result)s"), {"result": VoteResult.labels()}),
    "plan_vote.corrected": (_l("Vote corrected: %(result)s"), {"result": VoteResult.labels()}),
    "plan_vote.confirmed": (_l("Count of the vote confirmed: %(result)s"), {"result": VoteResult.labels()}),
}


LONGEST_REASON = 200


class PlanVote(OfPlan, Versioned, Base):
    """One vote of a body at a meeting. A correction is a row of its own: the one before stays, with when it was
    corrected; `corrects_id` and `reason` stand on the new one. The council's numbers decide nothing before a second
    person confirmed them."""

    __tablename__ = "plan_vote"
    __table_args__ = (
        Index("uq_plan_vote_standing", "plan_id", "meeting_id", "body", unique=True, **where("corrected_at is null")),
        CheckConstraint("yes >= 0 and no >= 0 and abstained >= 0 and yes + no + abstained > 0", name="votes"),
        CheckConstraint("quorum > 0", name="quorum"),
        CheckConstraint("(result = 'recommendation') = (yes + no + abstained < quorum)", name="no_quorum"),
        CheckConstraint("result <> 'approved' or 2 * yes > yes + no + abstained", name="majority"),
        CheckConstraint("(corrects_id is null) = (reason = '')", name="reason"),
        CheckConstraint("(confirmed_at is null) = (confirmed_by_id is null)", name="confirmed"),
        CheckConstraint("confirmed_by_id is null or confirmed_by_id <> recorded_by_id", name="second_person"),
    )
    PRIVATE = frozenset({"reason"})

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    body: Mapped[VotingBody] = mapped_column(named_enum(VotingBody, "body"))
    yes: Mapped[int]
    no: Mapped[int]
    abstained: Mapped[int]
    quorum: Mapped[int]
    result: Mapped[VoteResult] = mapped_column(named_enum(VoteResult, "result_kind"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("plan_vote.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="", server_default="")
    corrected_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


load_vote = by_id(PlanVote)


def visible_to(statement: Select[Any], actor: Actor) -> Select[Any]:
    """Narrow a select of votes to those of the schools whose plans the actor reads."""
    return statement.where(in_schools(PlanVote.school_id, actor, *PLAN_READERS))


def get_vote(actor: Actor, vote_id: int) -> PlanVote:
    """Return one vote. Raises NotFound."""
    found: PlanVote | None = db.session.scalar(visible_to(select(PlanVote), actor).where(PlanVote.id == vote_id))
    return existing(found)


def votes_at(actor: Actor, meeting_id: int) -> Sequence[PlanVote]:
    statement = visible_to(select(PlanVote), actor).where(PlanVote.meeting_id == meeting_id)
    found: Sequence[PlanVote] = db.session.scalars(statement.order_by(PlanVote.id)).all()
    return found


def first_persons(vote: PlanVote) -> list[int | None]:
    """Return whose acts the count of a vote is confirmed beside: who recorded it, and who moved the plan to the vote;
    the caller has checked the vote."""
    moved_by = db.session.scalar(select(SchoolPlan.moved_by_id).where(SchoolPlan.id == vote.plan_id))
    return [vote.recorded_by_id, moved_by]


def latest_decision(plan: SchoolPlan) -> date | None:
    """Return the day on which the council approved a plan that is up for its vote: by the latest of the confirmed votes
    with a quorum since the plan came there, None where that one refused it. The caller has checked the plan."""
    standing = (PlanVote.plan_id == plan.id, PlanVote.body == DECIDES, PlanVote.corrected_at.is_(None))
    decides = (PlanVote.confirmed_at.is_not(None), PlanVote.result != VoteResult.RECOMMENDATION)
    found = select(PlanVote.result, SchoolMeeting.held_on).where(*standing, *decides)
    if plan.moved_at is not None:
        found = found.where(PlanVote.recorded_at >= plan.moved_at)
    joined = found.join(SchoolMeeting, SchoolMeeting.id == PlanVote.meeting_id)
    row = db.session.execute(joined.order_by(SchoolMeeting.held_on.desc(), PlanVote.id.desc()).limit(1)).first()
    return row[1] if row is not None and row[0] is VoteResult.APPROVED else None


def plans_voted_on(votes: Sequence[PlanVote]) -> Sequence[SchoolPlan]:
    wanted = select(SchoolPlan).where(SchoolPlan.id.in_({vote.plan_id for vote in votes}))
    return db.session.scalars(wanted.order_by(SchoolPlan.id)).all() if votes else ()


def plans_to_vote_on(school_id: int) -> Sequence[SchoolPlan]:
    """Return the plans of a school that are not closed, the latest years first; the caller has checked the school."""
    going_on = (SchoolPlan.school_id == school_id, SchoolPlan.state != PlanState.CLOSED)
    return db.session.scalars(select(SchoolPlan).where(*going_on).order_by(SchoolPlan.id.desc())).all()


def least_quorum(body: VotingBody, day: date) -> int:
    """The fewest members that a quorum of a body may be on a day: the district sets it for the council."""
    return COUNCIL_QUORUM.on(day) if body is DECIDES else 1


def waits(vote: Any) -> bool:
    """Whether a vote would decide and a second person has not confirmed its count yet."""
    stands = vote.corrected_at is None and vote.confirmed_at is None
    return stands and vote.body is DECIDES and vote.result is not VoteResult.RECOMMENDATION


def result_of(yes: int, no: int, abstained: int, quorum: int) -> VoteResult:
    """What a vote decides: with a quorum and more than half of those who voted or abstained for it, it is
    approved; without a quorum those present are polled, and that decides nothing."""
    present = yes + no + abstained
    if present < quorum:
        return VoteResult.RECOMMENDATION
    return VoteResult.APPROVED if 2 * yes > present else VoteResult.NOT_APPROVED


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


def cast_words(vote: PlanVote) -> str:
    """The numbers of a vote, with how many members a quorum needed."""
    words = {"yes": vote.yes, "no": vote.no, "abstained": vote.abstained, "quorum": vote.quorum}
    return _("Yes %(yes)d, no %(no)d, abstained %(abstained)d; a quorum is %(quorum)d", **words)


def vote_rows(votes: Iterable[PlanVote]) -> list[dict[str, Any]]:
    """Votes as rows; one that was corrected says so, and one whose count waits for a second person."""
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
    """Who recorded a vote and who confirmed its count."""
    recorded, confirmed = names.get(vote.recorded_by_id or 0), names.get(vote.confirmed_by_id or 0)
    return dotted(
        _("recorded by %(name)s", name=recorded) if recorded else "",
        _("count confirmed by %(name)s", name=confirmed) if confirmed else "",
    )


def plan_words(plan: SchoolPlan) -> str:
    """What a plan is called in a choice: its years and its state."""
    years = plan.first_year if plan.first_year == plan.last_year else f"{plan.first_year} – {plan.last_year}"
    return dotted(years, plan.state.label)


def votes_panel(actor: Actor, meeting: SchoolMeeting) -> Shown | None:
    """The votes of a meeting; None where there are none and this actor records none."""
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


MOST_VOTES = 500
NUMBERS = ("yes", "no", "abstained", "quorum")


def _meeting_of(record: SchoolMeeting | PlanVote) -> SchoolMeeting:
    return record if isinstance(record, SchoolMeeting) else get_meeting(current_actor(), record.meeting_id)


def _back(record: SchoolMeeting | PlanVote, _answer: int = 0) -> str:
    meeting_id = record.id if isinstance(record, SchoolMeeting) else record.meeting_id
    return url_for("meetings.meeting", school_meeting_id=meeting_id)


def _trail(record: SchoolMeeting | PlanVote) -> list[tuple[Any, str]]:
    return [(_("Meetings"), url_for("meetings.meetings")), (meeting_title(_meeting_of(record)), _back(record))]


blueprint = Pages("votes", __name__, trail=_trail, url_prefix="/meetings")
VOTE = Subject(PlanVote, get_vote)


class CastForm(PlainForm):
    """The numbers of a vote, and how many voting members a quorum needs."""

    yes = number_or_none(_l("Yes"), 0, MOST_VOTES, required=True)
    no = number_or_none(_l("No"), 0, MOST_VOTES, required=True)
    abstained = number_or_none(_l("Abstained"), 0, MOST_VOTES, required=True)
    quorum = number_or_none(_l("Members needed for a quorum"), 1, MOST_VOTES, required=True)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check also that somebody voted."""
        sound = super().validate(extra_validators)
        return needs(sound, self.yes, sound and self.present == 0, _("Enter how the members voted."))

    @property
    def present(self) -> int:
        """How many members voted or abstained."""
        return int(self.yes.data + self.no.data + self.abstained.data)

    def add(self, uow: UnitOfWork, vote: PlanVote, meeting: SchoolMeeting) -> int:
        """Add a vote with these numbers. Raises Refused where they do not fit the meeting."""
        self._check(uow, vote.body, meeting)
        for name in NUMBERS:
            setattr(vote, name, self[name].data)
        vote.result = result_of(*(self[name].data for name in NUMBERS))
        vote.recorded_at, vote.recorded_by_id = uow.now, uow.actor.user_id
        uow.session.flush()
        uow.record(vote, "plan_vote.recorded", result=vote.result.value)
        return vote.id

    def _check(self, uow: UnitOfWork, body: VotingBody, meeting: SchoolMeeting) -> None:
        least = least_quorum(body, meeting.held_on)
        if meeting.quorum is not None and self.quorum.data != max(meeting.quorum, least):
            quorum = max(meeting.quorum, least)
            raise Refused("quorum", _("At this meeting a quorum was %(quorum)d members.", quorum=quorum))
        if self.quorum.data < least:
            raise Refused("quorum", too_few_words(least))
        if meeting.held_on > today_at(meeting.school_id, uow.now):
            raise Refused("", _("This meeting has not been held yet: no one can have voted."))
        if self.present > meeting.members:
            members = meeting.members
            raise Refused(
                "yes", _("Only %(members)d voting members were there. Correct the meeting first.", members=members)
            )


class VoteForm(CastForm):
    """A vote on a plan at a meeting."""

    plan = SelectField(_l("Plan"), [InputRequired(_l("Choose the plan."))])
    body = radio(_l("Who voted"), VotingBody, _l("Choose who voted."))

    def fit(self, meeting: SchoolMeeting) -> None:
        """Offer the plans of the school."""
        self.plan.choices = choices([(str(plan.id), plan_words(plan)) for plan in plans_to_vote_on(meeting.school_id)])


@blueprint.act(
    "/<int:school_meeting_id>/vote", Subject(SchoolMeeting, get_meeting), VoteForm, Permission.PLAN_WRITE, adds=True,
    endpoint="record", title=_l("Record a vote"), button=_l("Save"), then=_back,
    start=lambda meeting: {"quorum": meeting.quorum or COUNCIL_QUORUM.on(meeting.held_on)},
    template="plans/voices/votes/form.html", boxed=False,
)  # fmt: skip
def record_vote(uow: UnitOfWork, meeting: SchoolMeeting, form: VoteForm) -> int:
    """Record a vote of a body on a plan. A council's vote decides once a second person confirmed its count."""
    plan = uow.load(SchoolPlan, int(form.plan.data), Permission.PLAN_WRITE)
    body = VotingBody(form.body.data)
    if body is DECIDES and plan.state is not PlanState.COUNCIL_VOTE:
        raise Refused("plan", _("This plan is not up for the council's vote. Move it there first."))
    same = (PlanVote.plan_id == plan.id, PlanVote.meeting_id == meeting.id, PlanVote.body == body)
    if uow.session.scalar(select(PlanVote.id).where(*same, PlanVote.corrected_at.is_(None))) is not None:
        raise Refused("body", _("This vote is recorded already. Correct it there instead."))
    vote = PlanVote(school_id=plan.school_id, plan_id=plan.id, meeting_id=meeting.id, body=body)
    return form.add(uow, vote, meeting)


class CorrectionForm(CastForm):
    """The right numbers of a vote, and why they are corrected."""

    reason = ShortText(_l("Why it is corrected"), [NotBlank(_l("Write why it is corrected."))], LONGEST_REASON)
    anyway = no_student_named()


@blueprint.act(
    "/votes/<int:vote_id>", VOTE, CorrectionForm, Permission.PLAN_WRITE, endpoint="correct",
    title=_l("Correct a vote"), button=_l("Save"), then=_back,
    start=lambda vote: {name: getattr(vote, name) for name in NUMBERS},
    template="plans/voices/votes/form.html", boxed=False,
)  # fmt: skip
def correct_vote(uow: UnitOfWork, before: PlanVote, form: CorrectionForm) -> int:
    """Correct the numbers of a vote by a row of its own; the one before stays.

    A council's new numbers wait for a second person again. Refused once the plan has gone on by the vote.
    """
    plan = uow.load(SchoolPlan, before.plan_id, Permission.PLAN_WRITE)
    meeting = uow.session.get_one(SchoolMeeting, before.meeting_id)
    if before.corrected_at is not None:
        raise Refused("", _("This vote was corrected already. Correct the latest one."))
    refuse_names(before.school_id, form.anyway.data, form.reason.data)
    if before.body is DECIDES:
        _refuse_moved(plan, before)
    before.corrected_at = uow.now
    uow.record(before, "plan_vote.corrected", result=before.result.value)
    same = {"school_id": plan.school_id, "plan_id": plan.id, "meeting_id": meeting.id, "body": before.body}
    vote_id = form.add(uow, PlanVote(**same, corrects_id=before.id, reason=form.reason.data.strip()), meeting)
    _settle(uow, plan)
    return vote_id


@blueprint.act(
    "/votes/<int:vote_id>/confirm", VOTE, PlainForm, Permission.PLAN_VOTE_CONFIRM, endpoint="confirm",
    title=_l("Confirm the count"), button=_l("Confirm this count"), then=_back,
    done=_l("Confirmed. The vote counts now."), lede=lambda vote: meeting_title(_meeting_of(vote)),
    more=lambda vote, _form: {"votes": vote_rows([vote])}, template="plans/voices/votes/confirm.html", boxed=False,
)  # fmt: skip
def confirm_vote(uow: UnitOfWork, vote: PlanVote, _form: PlainForm) -> None:
    """Confirm the count of a council's vote: with a quorum and a majority the plan may go on now.

    Refused for whoever recorded the vote or moved the plan to it.
    """
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


ROOM = Room(
    pages=(blueprint,),
    sentences=SENTENCES,
    loaders={"plan_vote": load_vote},
    reactions={"meeting.changed": keep_votes},
    panels=(Panel(Place.SCHOOL_MEETING, 10, votes_panel),),
)
