"""Words and rows of votes."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import url_for

from wss_cases.access.actor import Actor
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.teams import user_names
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.rooms import Shown
from wss_cases.plans.plan.core.models import SchoolPlan
from wss_cases.plans.voices.meetings.models import SchoolMeeting
from wss_cases.plans.voices.votes.models import PlanVote
from wss_cases.plans.voices.votes.queries import first_persons, plans_voted_on, votes_at
from wss_cases.plans.voices.votes.rules import waits
from wss_cases.plans.voices.votes.states import TONES, VoteResult


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
