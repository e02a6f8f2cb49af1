"""Pure decisions about votes: whether there was a quorum, and what the vote decides."""

from wss_cases.plans.voices.votes.states import VoteResult


def result_of(yes: int, no: int, abstained: int, quorum: int) -> VoteResult:
    """Return what a vote decides: with a quorum and more than half of those who voted or abstained for it, it is
    approved; without a quorum those present are polled, and that decides nothing."""
    present = yes + no + abstained
    if present < quorum:
        return VoteResult.RECOMMENDATION
    return VoteResult.APPROVED if 2 * yes > present else VoteResult.NOT_APPROVED
