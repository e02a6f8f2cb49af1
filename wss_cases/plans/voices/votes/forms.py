"""Forms of votes: numbers only."""

from wtforms import SelectField
from wtforms.validators import InputRequired

from wss_cases.foundation.forms import BaseForm, NotBlank, ShortText, radio
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.pathways.mentoring.mentors.pages import number_or_none
from wss_cases.plans.plan.core.forms import no_student_named
from wss_cases.plans.voices.votes.actions import Cast
from wss_cases.plans.voices.votes.models import LONGEST_REASON
from wss_cases.plans.voices.votes.states import VotingBody

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
