"""Pure decisions about one visit of a party: what it holds, and what cannot be."""

from dataclasses import dataclass
from datetime import date

from wss_cases.foundation.i18n import gettext as _
from wss_cases.pathways.circles.circle.models import GuardianAnswer, PartyAnswer, SupporterRelation


@dataclass(frozen=True)
class Visit:
    """What one visit of a party settled; whatever is None, False or '' was not said, and stays as it was.

    `on`: the day on which somebody talked with them; `manner`: how, a key of MANNER_LABELS.
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
        """Whether anything was done with the party that needs the day on which it was."""
        return self.support or self.pre_met or self.letter

    @property
    def only_refuses(self) -> bool:
        """Whether all that was said is a no to taking part, which is heard whatever became of the circle."""
        refuses = self.answer is PartyAnswer.NO or self.guardian is GuardianAnswer.NO
        willing = self.answer in (PartyAnswer.YES, PartyAnswer.NOT_NOW) and self.guardian is not GuardianAnswer.NO
        more = self.done or self.ready is not None or self.plan_needed is not None or bool(self.supporter.strip())
        return refuses and not willing and not more

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was said."""
        said = (self.on, self.answer, self.ready, self.guardian, self.plan_needed)
        return not self.done and not self.supporter.strip() and all(one is None for one in said)


def visit_problem(visit: Visit, contacted: bool) -> tuple[str, str] | None:
    """Return (field, words) of what keeps a visit from being recorded; None where nothing does.

    `contacted`: the first contact is on record; of the first one it is asked how it was.
    """
    if visit.is_empty:
        return "", _("Nothing is filled in yet. Answer at least one question, then save.")
    if visit.on is None and visit.done:
        return "talked", _("Say on which day you talked.")
    if visit.on is not None and not visit.manner and not contacted:
        return "manner", _("Choose how you talked.")
    return None
