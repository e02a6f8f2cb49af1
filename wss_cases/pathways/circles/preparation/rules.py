"""Rules of a visit: what it can contain, and which visits are refused."""

from dataclasses import dataclass
from datetime import date

from wss_cases.foundation.i18n import _
from wss_cases.pathways.circles.circle.models import GuardianAnswer, PartyAnswer, SupporterRelation


@dataclass(frozen=True)
class Visit:
    """The results of a visit of a party. A field that is None, False or '' was not answered and stays unchanged.

    `on`: the day of the talk; `manner`: a key of MANNER_LABELS.
    """

    on: date | None = None
    manner: str = ""
    support: bool = False
    pre_met: bool = False
    letter: bool = False
    answer: PartyAnswer | None = None
    ready: bool | None = None
    guardian: GuardianAnswer | None = None
    guardian_name: str = ""
    plan_needed: bool | None = None
    supporter: str = ""
    relation: SupporterRelation | None = None

    @property
    def done(self) -> bool:
        """Whether something was done that needs the day of the visit."""
        return self.support or self.pre_met or self.letter

    @property
    def only_refuses(self) -> bool:
        """Whether the visit records only a refusal, which is possible whatever became of the circle."""
        refuses = self.answer is PartyAnswer.NO or self.guardian is GuardianAnswer.NO
        willing = self.answer in (PartyAnswer.YES, PartyAnswer.NOT_NOW) and self.guardian is not GuardianAnswer.NO
        more = self.done or self.ready is not None or self.plan_needed is not None or bool(self.supporter.strip())
        return refuses and not willing and not more

    @property
    def is_empty(self) -> bool:
        answers = (self.on, self.answer, self.ready, self.guardian, self.plan_needed)
        return not self.done and not self.supporter.strip() and all(answer is None for answer in answers)


def visit_problem(visit: Visit, contacted: bool) -> tuple[str, str] | None:
    """(field, message) of why a visit cannot be recorded; None when it can.

    `contacted`: the first contact is on record. Without it the manner is required.
    """
    if visit.is_empty:
        return "", _("Nothing is filled in yet. Answer at least one question, then save.")
    if visit.on is None and visit.done:
        return "talked", _("Say on which day you talked.")
    if visit.on is not None and not visit.manner and not contacted:
        return "manner", _("Choose how you talked.")
    return None
