"""Who votes on a plan, and what a vote decides."""

from typing import Any, Final

from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.labelled import Labelled


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
