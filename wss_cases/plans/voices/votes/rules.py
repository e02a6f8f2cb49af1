"""Decisions about votes: whether there was a quorum, what the vote decides, whether its count waits for someone."""

from datetime import date
from typing import Any

from wss_cases.plans.voices.meetings.rules import COUNCIL_QUORUM
from wss_cases.plans.voices.votes.states import DECIDES, VoteResult, VotingBody


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
